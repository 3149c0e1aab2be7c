import type { Actor } from '../actor.ts'
import type { Catalog } from '../catalog/catalog.ts'
import { DomainError, notFound } from '../error.ts'
import type { Record } from '../person/ports.ts'
import { messageOf } from './message.ts'
import { maySee, mayReview } from './policy.ts'
import type { AccessStore } from './ports.ts'
import { recordingRefusal, refuseSecret } from './refusal.ts'

type Deps = { store: AccessStore; catalog: () => Catalog; record: Record }

/**
 * Somebody other than the holder has looked at an emergency and says what they found.
 * Returns the id of the request.
 * Errors: not_found (absent, or not theirs to see), forbidden `own_grant`, conflict (`no_emergency`, `already_reviewed`).
 * Refusals are recorded.
 */
export function reviewEmergency({ store, catalog, record }: Deps) {
  return async (actor: Actor, grantId: string, comment: string): Promise<string> => {
    const about = {
      actor: { person: actor.personId },
      subject: grantId,
      requestId: actor.requestId,
      address: actor.address,
    }
    const refused = (why: string) =>
      ({ ...about, action: 'review.refused', detail: { grant: grantId, why } }) as const
    return recordingRefusal(record, refused, () => {
      refuseSecret(comment)
      return store.transaction(async (tx) => {
        const found = await tx.lockGrant(grantId)
        if (!found || !maySee(catalog(), actor, found.grant)) throw notFound()
        const { grant } = found
        if (!mayReview(catalog(), actor, grant))
          throw new DomainError('forbidden', 'Nobody reviews their own emergency.', {
            reason: 'own_grant',
          })
        if (!grant.emergency)
          throw new DomainError('conflict', 'This access was no emergency.', {
            reason: 'no_emergency',
          })
        const said = comment.trim()
        if (!(await tx.addReview(grantId, actor.personId, said)))
          throw new DomainError('conflict', 'This emergency has been reviewed already.', {
            reason: 'already_reviewed',
          })
        const file = await tx.lockRequest(grant.requestId)
        const { request, asker } = file!
        await tx.record({
          ...about,
          action: 'emergency.reviewed',
          subject: grant.database,
          detail: {
            grant: grantId,
            request: request.id,
            team: grant.team,
            database: grant.database,
            user: grant.user,
            person: grant.personId,
            comment: said,
          },
        })
        await tx.tell(
          messageOf(
            catalog(),
            'emergency.reviewed',
            request,
            asker,
            { people: [asker.id] },
            { by: actor, comment: said },
          ),
        )
        await tx.announce(request)
        return request.id
      })
    })
  }
}
