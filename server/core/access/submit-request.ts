import type { Actor } from '../actor.ts'
import type { AccessRule, Catalog } from '../catalog/catalog.ts'
import { durationText } from '../catalog/duration.ts'
import { DomainError, notFound, notSignedIn } from '../error.ts'
import type { Record } from '../person/ports.ts'
import type { Grant } from './grant.ts'
import { knownNames } from './known-names.ts'
import { messageOf } from './message.ts'
import { ruleToAsk } from './policy.ts'
import type { AccessStore, AccessTx } from './ports.ts'
import { recordingRefusal, refuseSecret } from './refusal.ts'
import type { AccessRequest, Wish } from './request.ts'

type Deps = { store: AccessStore; catalog: () => Catalog; record: Record }

export type Submission = {
  team: string
  database: string
  user: string
  seconds: number
  reason?: string | undefined
  /** When the window should begin; at once unless said. */
  startsAt?: Date | undefined
  /** Open at once where the rule lets people decide later. */
  emergency?: boolean | undefined
}

export type Submitted = { request: AccessRequest; grant: Grant | null }

/** How far ahead a window may begin, in milliseconds. */
const AHEAD = 7 * 86_400_000
/** Characters of a reason for an emergency: it is read by people who were not asked. */
const FULL_REASON = 10

/**
 * Ask for one rule. A rule without approval opens a grant at once, as does an emergency; otherwise the request waits.
 * Request, grant, events and messages commit together.
 * Errors: not_found (no such rule, or not this person's), invalid (`too_long`, `reason_required`, `reason_pattern`,
 * `start_past`, `start_far`, `no_emergency`, `looks_secret`), conflict `already_open`, unauthenticated when the session was ended
 * meanwhile. Refusals are recorded.
 */
export function submitRequest({ store, catalog, record }: Deps) {
  return (actor: Actor, submission: Submission): Promise<Submitted> => {
    const names = knownNames(catalog(), submission)
    const about = {
      actor: { person: actor.personId },
      subject: names.database,
      requestId: actor.requestId,
      address: actor.address,
    }
    const refused = (why: string) =>
      ({ ...about, action: 'request.refused', detail: { ...names, why } }) as const
    return recordingRefusal(record, refused, () => submit(actor, submission, about))
  }

  async function submit(actor: Actor, submission: Submission, about: About): Promise<Submitted> {
    refuseSecret(submission.reason)
    const { team, database, user, seconds, startsAt = null, emergency = false } = submission
    const rule = ruleToAsk(catalog(), actor.groups, submission)
    if (!rule) throw notFound()
    const reason = submission.reason?.trim() || null
    const wish: Wish = {
      personId: actor.personId,
      team,
      database,
      user,
      seconds,
      reason,
      emergency,
      startsAt,
    }
    checkTerms(rule, wish)

    return store.transaction(async (tx) => {
      // Whoever ends all of this person meanwhile waits for this, and ends what it opens; or has ended the session.
      if (!(await tx.holdSession(actor.sessionId))) throw notSignedIn()
      checkStart(startsAt, await tx.now())
      const waits = emergency ? null : rule.approval
      const request = waits
        ? await tx.openRequest(wish, waits.within)
        : await tx.approvedRequest(wish)
      if (!request) throw alreadyOpen()
      await tx.record({
        ...about,
        action: 'request.created',
        detail: {
          request: request.id,
          team,
          database,
          user,
          seconds,
          reason,
          ...(emergency && { emergency }),
          ...(startsAt && { startsAt: startsAt.toISOString() }),
          ...(waits && {
            approvals: waits.count,
            lapsesAt: request.lapsesAt?.toISOString() ?? '',
          }),
        },
      })
      const grant = waits ? null : await openWindow(tx, request, about)
      if (rule.approval && (waits || emergency)) {
        const { admins } = catalog()
        await tx.tell(
          messageOf(catalog(), emergency ? 'emergency.opened' : 'request.waiting', request, actor, {
            groups: [...rule.approval.groups, ...(emergency ? admins : [])],
            except: [actor.personId],
          }),
        )
      }
      await tx.announce(request)
      return { request, grant }
    })
  }
}

type About = { actor: { person: string }; subject: string; requestId: string; address?: string }

/** The window that a request leads to, and its event. */
export async function openWindow(
  tx: AccessTx,
  request: AccessRequest,
  about: About,
): Promise<Grant> {
  const grant = await tx.openGrant(request)
  const { team, database, user, emergency, personId } = request
  await tx.record({
    ...about,
    action: 'grant.started',
    detail: {
      grant: grant.id,
      request: request.id,
      team,
      database,
      user,
      startsAt: grant.startsAt.toISOString(),
      endsAt: grant.endsAt.toISOString(),
      ...(emergency && { emergency }),
      ...(personId !== about.actor.person && { person: personId }),
    },
  })
  return grant
}

const alreadyOpen = () =>
  new DomainError('conflict', 'You have asked for this already, and nobody has decided yet.', {
    reason: 'already_open',
    mend: 'Wait for the approvers, or withdraw that request first.',
  })

function checkTerms(rule: AccessRule, { seconds, reason, emergency, startsAt }: Wish): void {
  if (emergency && !rule.emergency)
    throw new DomainError('invalid', 'This access has no way around its approvers.', {
      reason: 'no_emergency',
      mend: 'Ask without emergency.',
    })
  if (emergency && startsAt)
    throw new DomainError('invalid', 'An emergency begins at once.', {
      reason: 'start_past',
      mend: 'Leave out startsAt.',
    })
  const longest = emergency && rule.emergency ? rule.emergency.duration : rule.duration
  if (seconds > longest)
    throw new DomainError('invalid', `${durationText(seconds)} is longer than this rule allows.`, {
      reason: 'too_long',
      mend: `Ask for at most ${durationText(longest)}.`,
    })
  if ((rule.reason === 'required' || emergency) && reason === null)
    throw new DomainError('invalid', 'This access needs a reason.', {
      reason: 'reason_required',
      mend: 'Say in a few words what you need it for. It is kept in the audit log.',
    })
  if (emergency && (reason ?? '').length < FULL_REASON)
    throw new DomainError('invalid', 'An emergency needs its reason in full.', {
      reason: 'reason_required',
      mend: `Say in at least ${FULL_REASON} characters what happened.`,
    })
  if (
    rule.reasonPattern !== null &&
    reason !== null &&
    !new RegExp(`^(?:${rule.reasonPattern})$`, 'u').test(reason)
  )
    throw new DomainError('invalid', 'The reason does not have the form that this rule asks for.', {
      reason: 'reason_pattern',
      mend: `Write it so that it matches ${rule.reasonPattern}`,
    })
}

/** By the database's clock: [now, now + 7 days]. */
function checkStart(startsAt: Date | null, now: Date): void {
  if (!startsAt) return
  if (startsAt < now)
    throw new DomainError('invalid', 'That start has passed.', {
      reason: 'start_past',
      mend: 'Choose a later one, or leave it out to begin at once.',
    })
  if (startsAt.getTime() > now.getTime() + AHEAD)
    throw new DomainError('invalid', 'That start is too far ahead.', {
      reason: 'start_far',
      mend: 'Choose one within 7 days.',
    })
}
