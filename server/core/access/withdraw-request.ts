import type { Actor } from '../actor.ts'
import { notFound } from '../error.ts'
import type { AccessStore } from './ports.ts'
import { move } from './request-state.ts'

/**
 * Whoever asked takes it back, while nobody has decided.
 * Errors: not_found (absent, or somebody else's), conflict `request_closed`.
 */
export function withdrawRequest({ store }: { store: AccessStore }) {
  return (actor: Actor, id: string): Promise<void> =>
    store.transaction(async (tx) => {
      const found = await tx.lockRequest(id)
      if (!found || found.request.personId !== actor.personId) throw notFound()
      const { request, now } = found
      await tx.closeRequest(id, move(request, 'withdraw', now))
      await tx.record({
        action: 'request.withdrawn',
        actor: { person: actor.personId },
        subject: request.database,
        requestId: actor.requestId,
        address: actor.address,
        detail: { request: id, database: request.database, user: request.user },
      })
      await tx.announce(request)
    })
}
