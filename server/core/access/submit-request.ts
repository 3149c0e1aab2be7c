import type { Actor } from '../actor.ts'
import type { AccessRule, Catalog } from '../catalog/catalog.ts'
import { durationText } from '../catalog/duration.ts'
import { DomainError, notFound } from '../error.ts'
import type { Record } from '../person/ports.ts'
import type { Grant } from './grant.ts'
import { ruleToAsk } from './policy.ts'
import type { AccessStore } from './ports.ts'

type Deps = { store: AccessStore; catalog: () => Catalog; record: Record }

export type Submission = {
  team: string
  database: string
  user: string
  seconds: number
  reason?: string | undefined
}

/**
 * Ask for one rule. A rule without approval opens a grant at once: request, grant and both events commit together.
 * Errors: not_found (no such rule, or not this person's), invalid (too long, reason missing), conflict `approval_required`.
 */
export function submitRequest({ store, catalog, record }: Deps) {
  return async (actor: Actor, submission: Submission): Promise<Grant> => {
    const { team, database, user, seconds } = submission
    const about = {
      actor: { person: actor.personId },
      subject: database,
      requestId: actor.requestId,
      address: actor.address,
    }
    const rule = ruleToAsk(catalog(), actor.groups, submission)
    if (!rule) {
      const detail = { team, database, user, why: 'no_such_rule' }
      await record({ ...about, action: 'request.refused', detail })
      throw notFound()
    }
    const reason = submission.reason?.trim() || null
    checkTerms(rule, seconds, reason)

    return store.transaction(async (tx) => {
      const wish = { personId: actor.personId, team, database, user, duration: seconds, reason }
      const grant = await tx.openGrant(wish)
      const request = grant.requestId
      await tx.record({
        ...about,
        action: 'request.created',
        detail: { request, team, database, user, seconds, reason },
      })
      const startsAt = grant.startsAt.toISOString()
      const endsAt = grant.endsAt.toISOString()
      await tx.record({
        ...about,
        action: 'grant.started',
        detail: { grant: grant.id, request, team, database, user, startsAt, endsAt },
      })
      return grant
    })
  }
}

function checkTerms(rule: AccessRule, seconds: number, reason: string | null): void {
  if (seconds > rule.duration)
    throw new DomainError('invalid', `${durationText(seconds)} is longer than this rule allows.`, {
      reason: 'too_long',
      mend: `Ask for at most ${durationText(rule.duration)}.`,
    })
  if (rule.reason === 'required' && reason === null)
    throw new DomainError('invalid', 'This access needs a reason.', {
      reason: 'reason_required',
      mend: 'Say in a few words what you need it for. It is kept in the audit log.',
    })
  if (rule.approval)
    throw new DomainError(
      'conflict',
      `This access needs the approval of ${rule.approval.groups.join(' or ')}.`,
      {
        reason: 'approval_required',
        mend: 'This version of Latchkey does not collect approvals yet. Choose a database user that needs none.',
      },
    )
}
