import { afterAll, beforeAll } from 'vitest'
import type { Asker } from '../../server/core/access/issue-token.ts'
import type { Actor } from '../../server/core/actor.ts'
import type { Identity } from '../../server/core/person/identity.ts'
import { sessionStore } from '../../server/store/session.ts'
import { openStore, type Store } from '../../server/store/store.ts'
import { migratedDatabase } from '../lab/test-database.ts'

/** A store on an empty, migrated database of its own, for the tests of one file. */
export function useStore() {
  const used = {} as { store: Store; url: string }
  let drop: () => Promise<void>
  beforeAll(async () => {
    const database = await migratedDatabase()
    drop = database.drop
    used.url = database.url
    used.store = openStore(database.url)
  })
  afterAll(async () => {
    await used.store?.close()
    await drop?.()
  })
  return used
}

export const anIdentity = (over: Partial<Identity> = {}): Identity => ({
  issuer: 'https://id.example.com',
  subject: 'ada',
  name: 'Ada Marín',
  email: 'ada@example.com',
  groups: ['payments-engineers'],
  groupsFrom: 'id_token',
  claims: [{ name: 'sub', value: 'ada' }],
  ...over,
})

/** Somebody signed in, in whatever role a use case sees them. */
export type Person = Actor & Asker

/** Somebody signed in: the session and its key. */
export async function signIn(
  store: Store,
  over: Partial<Identity> = {},
): Promise<{ key: string; actor: Person }> {
  const sessions = sessionStore(store)
  const identity = anIdentity(over)
  const { key } = await sessions.start(identity, undefined, (person, newPerson) => ({
    action: 'session.started',
    actor: { person },
    subject: null,
    requestId: 'test',
    detail: {
      issuer: identity.issuer,
      subject: identity.subject,
      groups: identity.groups,
      teams: [],
      newPerson,
      userAgent: 'test',
    },
  }))
  const session = await sessions.find(key)
  return { key, actor: { ...session!.actor, key, address: '127.0.0.1', requestId: 'test' } }
}

/** What the log says, oldest first. */
export async function logOf(store: Store, action?: string) {
  const { rows } = await store.pool.query<{
    id: string
    action: string
    actor: string
    intent_id: string | null
    payload_j: Record<string, unknown>
  }>(
    'SELECT id, action, actor, intent_id, payload_j FROM audit.log WHERE $1::text IS NULL OR action = $1 ORDER BY id',
    [action ?? null],
  )
  return rows
}
