import type { Catalog } from '../catalog/catalog.ts'
import { messageOf } from './message.ts'
import type { AccessStore } from './ports.ts'
import { stateAfter } from './request-state.ts'

type Deps = { store: AccessStore; catalog: () => Catalog; newId: () => string }

/** Requests a round: what a long stop left over must not hold one transaction after another for ever. */
const A_ROUND = 200

/**
 * Closes what nobody decided in time, each in a transaction of its own; returns how many.
 * Any replica may do it: the lock and the second look make each lapse once.
 */
export function lapseRequests({ store, catalog, newId }: Deps) {
  return async (): Promise<number> => {
    let count = 0
    for (const id of await store.overdue(A_ROUND))
      count += await store.transaction(async (tx) => {
        const found = await tx.lockRequest(id)
        const lapsed = found && stateAfter(found.request, 'lapse', found.now)
        if (!found || !lapsed) return 0
        const { request, asker } = found
        const { team, database, user, personId } = request
        await tx.closeRequest(id, lapsed)
        await tx.record({
          action: 'request.lapsed',
          actor: 'portal',
          subject: database,
          requestId: newId(),
          detail: { request: id, team, database, user, person: personId },
        })
        await tx.tell(
          messageOf(catalog(), 'request.lapsed', request, asker, { people: [personId] }),
        )
        await tx.announce(request)
        return 1
      })
    return count
  }
}
