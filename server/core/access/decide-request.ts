import type { Actor } from '../actor.ts'
import type { Catalog } from '../catalog/catalog.ts'
import { DomainError, notFound } from '../error.ts'
import type { Record } from '../person/ports.ts'
import { messageOf } from './message.ts'
import {
  approvalsNeeded,
  approversOf,
  maySee,
  stillAllowed,
  termsOf,
  whyNotDecide,
} from './policy.ts'
import type { AccessStore, AccessTx } from './ports.ts'
import type { AccessRequest, RequestFile, Verdict } from './request.ts'
import { recordingRefusal, refuseSecret } from './refusal.ts'
import { move } from './request-state.ts'
import { openWindow } from './submit-request.ts'

type Deps = { store: AccessStore; catalog: () => Catalog; record: Record }

export type Said = {
  verdict: Verdict
  /** That of what the approver saw. */
  version: string
  comment?: string | undefined
}

/**
 * One approver's word on one request. One denial ends it; with as many approvals as the rule asks for, each by
 * somebody who may still decide and about the terms in force, the window opens in the same transaction.
 * Errors: not_found (absent, or not theirs to see), forbidden (`own_request`, `not_approver`), invalid `comment_required`,
 * conflict (`request_closed`, `version_changed`, `already_decided`, `no_longer_allowed`). A refused attempt is recorded.
 */
export function decideRequest({ store, catalog, record }: Deps) {
  return async (actor: Actor, id: string, said: Said): Promise<void> => {
    const about = {
      actor: { person: actor.personId },
      requestId: actor.requestId,
      address: actor.address,
    }
    const { verdict } = said
    const refused = (why: string) =>
      ({
        ...about,
        action: 'decision.refused',
        subject: id,
        detail: { request: id, verdict, why },
      }) as const
    await recordingRefusal(record, refused, () => {
      refuseSecret(said.comment)
      return store.transaction(async (tx) => {
        const inForce = catalog()
        const { request, now } = checkDecision(inForce, actor, await tx.lockRequest(id), said)
        const { database, user } = request
        const comment = said.comment?.trim() || null
        const terms = termsOf(inForce, request)
        if (!(await tx.addDecision(id, { personId: actor.personId, verdict, comment, terms })))
          throw new DomainError('conflict', 'You have decided about this already.', {
            reason: 'already_decided',
          })
        // Read again under the lock: with the one just written, and everybody's newest groups.
        const file = (await tx.lockRequest(id))!
        const approvers = approversOf(inForce, file)
        const needed = approvalsNeeded(inForce, request) ?? Infinity
        const detail = { request: id, team: request.team, database, user }
        await tx.record({
          ...about,
          action: 'decision.made',
          subject: database,
          detail: { ...detail, verdict, comment, terms, approvals: approvers.length, needed },
        })
        if (verdict === 'deny') {
          await tx.closeRequest(id, move(request, 'deny', now))
          const denied = { ...detail, by: actor.personId, comment: comment ?? '' }
          await tx.record({ ...about, action: 'request.denied', subject: database, detail: denied })
          await tell(tx, inForce, 'request.denied', file, actor, comment)
        } else if (approvers.length >= needed) {
          await tx.closeRequest(id, move(request, 'approve', now))
          const approved = { ...detail, by: approvers }
          await tx.record({
            ...about,
            action: 'request.approved',
            subject: database,
            detail: approved,
          })
          await openWindow(tx, request, { ...about, subject: database })
          await tell(tx, inForce, 'request.approved', file, actor, comment)
        }
        await tx.announce(request)
      })
    })
  }
}

/** Not found before forbidden before conflict; what was loaded under the lock is what is judged. */
function checkDecision(
  catalog: Catalog,
  actor: Actor,
  found: (RequestFile & { now: Date }) | null,
  said: Said,
): RequestFile & { now: Date } {
  if (!found || !maySee(catalog, actor, found.request)) throw notFound()
  const { request, now } = found
  const why = whyNotDecide(catalog, actor, request)
  if (why) throw new DomainError('forbidden', WHY_NOT_DECIDE[why], { reason: why })
  if (said.verdict === 'deny' && !said.comment?.trim())
    throw new DomainError('invalid', 'A denial needs a word of explanation.', {
      reason: 'comment_required',
      mend: 'Say in a few words why; whoever asked will read it.',
    })
  move(request, said.verdict, now)
  if (said.version !== versionOf(catalog, request))
    throw new DomainError('conflict', 'The access rule has changed since you saw it.', {
      reason: 'version_changed',
      mend: 'Look at the request again, then decide.',
    })
  if (said.verdict === 'approve' && !stillAllowed(catalog, found))
    throw new DomainError('conflict', 'Whoever asked may no longer have this.', {
      reason: 'no_longer_allowed',
      mend: 'They have left the team, or the rule has become shorter. Deny it, and let them ask again.',
    })
  return found
}

/** Of what is seen on the page of a request: the request itself never changes, so it is that of the terms. */
export const versionOf = (catalog: Catalog, request: AccessRequest) => termsOf(catalog, request)

export const WHY_NOT_DECIDE = {
  own_request: 'Nobody decides on their own request.',
  not_approver: 'You are not one of the approvers of this access.',
} as const

const tell = (
  tx: AccessTx,
  catalog: Catalog,
  topic: 'request.approved' | 'request.denied',
  { request, asker }: RequestFile,
  by: Actor,
  comment: string | null,
) => tx.tell(messageOf(catalog, topic, request, asker, { people: [asker.id] }, { by, comment }))
