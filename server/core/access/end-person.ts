import type { Actor } from '../actor.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { Record } from '../person/ports.ts'
import { end, recordingEnding } from './end-grant.ts'
import { messageOf } from './message.ts'
import type { AccessStore, AccessTx } from './ports.ts'
import type { RequestFile } from './request.ts'
import { stateAfter } from './request-state.ts'

type Deps = { store: AccessStore; catalog: () => Catalog; record: Record }

/** What there was to end, each as a number. */
export type PersonEnded = { ended: number; cancelled: number; sessions: number; keys: number }

/**
 * Everything of a person ends in one step, or nothing does: open grants, requests that nobody decided, sessions, so that
 * whoever has their browser has to sign in again, and personal keys. Administrators only: the scope of the route says so.
 * It is recorded also where there was nothing to end. Errors: invalid `looks_secret`, recorded.
 * Rows are locked in the order of all others: a request before its grant, a grant before its session or key.
 */
export function endPerson({ store, catalog, record }: Deps) {
  return (actor: Actor, personId: string, reason: string): Promise<PersonEnded> =>
    recordingEnding(record, actor, { person: personId }, reason, (about) =>
      store.transaction(async (tx) => {
        const why = reason.trim()
        const sweep = async () => {
          const requests = await tx.lockPendingRequests(personId)
          let cancelled = 0
          for (const file of requests)
            if (await cancel(tx, catalog(), actor, file, why)) cancelled++
          const grants = await tx.lockOpenGrants({ personId })
          for (const grant of grants) await end(tx, catalog(), actor, grant, why)
          return { cancelled, ended: grants.length }
        }
        const first = await sweep()
        const sessions = await tx.endSessions(personId)
        // Making a key holds its session too, so none comes after these.
        const keys = await tx.endKeys(personId, actor.personId)
        // Asking holds its session: what was asked for meanwhile is there by now, and nothing more can come.
        const late = await sweep()
        if (sessions > 0)
          await tx.record({
            ...about,
            action: 'session.ended',
            detail: { how: 'by_administrator', person: personId, sessions, reason: why },
          })
        for (const { id, name, prefix } of keys)
          await tx.record({
            ...about,
            action: 'key.ended',
            detail: { key: id, name, prefix, how: 'by_administrator', person: personId },
          })
        const ended = first.ended + late.ended
        const cancelled = first.cancelled + late.cancelled
        await tx.record({
          ...about,
          action: 'access.ended',
          detail: {
            person: personId,
            reason: why,
            grants: ended,
            requests: cancelled,
            sessions,
            keys: keys.length,
          },
        })
        return { ended, cancelled, sessions, keys: keys.length }
      }),
    )
}

/** False for what has lapsed by the clock: that is told as a lapse. */
async function cancel(
  tx: AccessTx,
  catalog: Catalog,
  actor: Actor,
  { request, asker, now }: RequestFile & { now: Date },
  reason: string,
): Promise<boolean> {
  const state = stateAfter(request, 'cancel', now)
  if (state === null) return false
  const { id, personId, team, database, user } = request
  await tx.closeRequest(id, state, { personId: actor.personId, reason })
  await tx.record({
    action: 'request.cancelled',
    actor: { person: actor.personId },
    subject: database,
    requestId: actor.requestId,
    address: actor.address,
    detail: { request: id, team, database, user, person: personId, reason },
  })
  await tx.tell(
    messageOf(
      catalog,
      'request.cancelled',
      request,
      asker,
      { people: [personId], except: [actor.personId] },
      { by: actor, comment: reason },
    ),
  )
  await tx.announce(request)
  return true
}
