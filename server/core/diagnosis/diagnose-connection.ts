import type { Door } from '../access/show-door.ts'
import type { Actor } from '../actor.ts'
import { diagnose, type Diagnosis } from './diagnose.ts'
import type { DiagnosisStore, LastToken, NewestFinding } from './ports.ts'

type Deps = {
  /** Refuses whoever is not the holder, and what has ended. */
  showDoor: (actor: Actor, grantId: string) => Promise<Door>
  store: DiagnosisStore
  /** Without it, nothing is known of the database's health. */
  newestFinding?: NewestFinding
}

/** What the person tells: the words of their client, and how many characters of the token it got. */
export type Said = { text: string; receivedLength?: number }

export type Diagnosed = Diagnosis & { now: Date; token: LastToken | null }

export type DiagnoseConnection = ReturnType<typeof diagnoseConnection>

/**
 * Why a client of one's own grant does not get in. It changes nothing, and the text is kept nowhere: people paste secrets.
 * Errors: those of `showDoor`.
 */
export function diagnoseConnection({ showDoor, store, newestFinding }: Deps) {
  return async (actor: Actor, grantId: string, said: Said): Promise<Diagnosed> => {
    const { grant, endpoint } = await showDoor(actor, grantId)
    const { now, token } = await store.lastToken(grant)
    const { database, team, user } = grant
    const at = token?.endpoint ?? endpoint.name
    const finding = (await newestFinding?.({ database, team, user, endpoint: at })) ?? null
    const known = { now, user, token, finding, receivedLength: said.receivedLength }
    return { ...diagnose(said.text, known), now, token }
  }
}
