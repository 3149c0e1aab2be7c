import type { Actor } from '../actor.ts'
import { DomainError, notFound } from '../error.ts'
import { type Grant, isActive } from './grant.ts'
import { mayEnd } from './policy.ts'
import type { AccessStore } from './ports.ts'

/**
 * The holder ends their own access, now. It wins over every mint whose intent is not committed.
 * A session that is already open in the database goes on: nothing here can close it.
 * Errors: not_found (absent, or somebody else's), conflict `grant_ended`.
 */
export function endGrant({ store }: { store: AccessStore }) {
  return (actor: Actor, id: string): Promise<Grant> =>
    store.transaction(async (tx) => {
      const found = await tx.lockGrant(id)
      if (!found || !mayEnd(actor.personId, found.grant)) throw notFound()
      const { grant, now } = found
      if (!isActive(grant, now))
        throw new DomainError('conflict', 'This access has ended already.', {
          reason: 'grant_ended',
        })

      const ended = await tx.endGrant(id, actor.personId)
      await tx.record({
        action: 'grant.ended',
        actor: { person: actor.personId },
        subject: grant.database,
        requestId: actor.requestId,
        address: actor.address,
        detail: { grant: id, database: grant.database, user: grant.user, how: 'by_holder' },
      })
      return ended
    })
}
