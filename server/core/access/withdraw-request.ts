import type { Actor } from '../actor.ts'
import { notFound } from '../error.ts'
import type { Record } from '../person/ports.ts'
import type { AccessStore } from './ports.ts'
import { recordingRefusal } from './refusal.ts'
import { move } from './request-state.ts'

type Deps = { store: AccessStore; record: Record }

/**
 * Whoever asked takes it back, while nobody has decided.
 * Errors: not_found (absent, or somebody else's), conflict `request_closed`. Refusals are recorded.
 */
export function withdrawRequest({ store, record }: Deps) {
  return (actor: Actor, id: string): Promise<void> => {
    const about = {
      actor: { person: actor.personId },
      requestId: actor.requestId,
      address: actor.address,
    }
    const refused = (why: string) =>
      ({
        ...about,
        action: 'withdrawal.refused',
        subject: id,
        detail: { request: id, why },
      }) as const
    return recordingRefusal(record, refused, () =>
      store.transaction(async (tx) => {
        const found = await tx.lockRequest(id)
        if (!found || found.request.personId !== actor.personId) throw notFound()
        const { request, now } = found
        const { team, database, user } = request
        await tx.closeRequest(id, move(request, 'withdraw', now))
        await tx.record({
          ...about,
          action: 'request.withdrawn',
          subject: database,
          detail: { request: id, team, database, user },
        })
        await tx.announce(request)
      }),
    )
  }
}
