import type { Actor } from '../actor.ts'
import type { Catalog } from '../catalog/catalog.ts'
import { DomainError, notFound } from '../error.ts'
import type { Record } from '../person/ports.ts'
import { messageOf } from './message.ts'
import {
  approvalsNeeded,
  approvalsOf,
  maySee,
  stillAllowed,
  termsOf,
  whyNotDecide,
} from './policy.ts'
import type { AccessStore, AccessTx } from './ports.ts'
import type { AccessRequest, RequestFile, Verdict } from './request.ts'
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
    try {
      await store.transaction(async (tx) => {
        const found = await tx.lockRequest(id)
        const inForce = catalog()
        const { request, asker } = checkDecision(inForce, actor, found, said)
        const terms = termsOf(inForce, request)
        const { verdict } = said
        const comment = said.comment?.trim() || null
        if (!(await tx.addDecision(id, { personId: actor.personId, verdict, comment, terms })))
          throw new DomainError('conflict', 'You have decided about this already.', {
            reason: 'already_decided',
          })
        // Read again under the lock: with the one just written, and everybody's newest groups.
        const file = (await tx.lockRequest(id))!
        const approvals = approvalsOf(inForce, file)
        const needed = approvalsNeeded(inForce, request) ?? 0
        await tx.record({
          ...about,
          action: 'decision.made',
          subject: request.database,
          detail: {
            request: id,
            database: request.database,
            user: request.user,
            verdict,
            comment,
            terms,
            approvals,
            needed,
          },
        })
        const told = (topic: 'request.approved' | 'request.denied') =>
          tx.tell(
            messageOf(
              inForce,
              topic,
              request,
              asker,
              { people: [asker.id] },
              { by: actor, comment },
            ),
          )
        if (verdict === 'deny') {
          await close(tx, request, about, 'denied', { by: actor.personId, comment: comment ?? '' })
          await told('request.denied')
        } else if (approvals >= needed) {
          await close(tx, request, about, 'approved', { by: approversOf(file) })
          await openWindow(tx, request, { ...about, subject: request.database })
          await told('request.approved')
        }
        await tx.announce(request)
      })
    } catch (error) {
      if (error instanceof DomainError && error.code !== 'unavailable')
        await record({
          ...about,
          action: 'decision.refused',
          subject: id,
          detail: { request: id, verdict: said.verdict, why: error.reason ?? error.code },
        })
      throw error
    }
  }
}

/** Not found before forbidden before conflict; what was loaded under the lock is what is judged. */
function checkDecision(
  catalog: Catalog,
  actor: Actor,
  found: (RequestFile & { now: Date }) | null,
  said: Said,
): RequestFile {
  if (!found || !maySee(catalog, actor, found.request)) throw notFound()
  const { request, now } = found
  const why = whyNotDecide(catalog, actor, request)
  if (why) throw new DomainError('forbidden', WHY_NOT_DECIDE[why], { reason: why })
  if (said.verdict === 'deny' && !said.comment?.trim())
    throw new DomainError('invalid', 'A denial needs a word of explanation.', {
      reason: 'comment_required',
      mend: 'Say in a few words why; whoever asked will read it.',
    })
  if (request.state !== 'pending' || !request.lapsesAt || request.lapsesAt <= now)
    throw new DomainError('conflict', 'This request is no longer open.', {
      reason: 'request_closed',
      mend: 'Load the page again to see what became of it.',
    })
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

const approversOf = ({ decisions }: RequestFile) => [...new Set(decisions.map(({ by }) => by.id))]

type About = { actor: { person: string }; requestId: string; address?: string }

async function close(
  tx: AccessTx,
  { id, database, user }: AccessRequest,
  about: About,
  ...[state, detail]: ['denied', { by: string; comment: string }] | ['approved', { by: string[] }]
): Promise<void> {
  await tx.closeRequest(id, state)
  const common = { ...about, subject: database }
  if (state === 'denied')
    await tx.record({
      ...common,
      action: 'request.denied',
      detail: { request: id, database, user, ...detail },
    })
  else
    await tx.record({
      ...common,
      action: 'request.approved',
      detail: { request: id, database, user, ...detail },
    })
}
