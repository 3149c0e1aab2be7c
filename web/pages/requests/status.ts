import type { AccessRequest } from '../../../server/contract/request.ts'
import { duration, plural, timeLeft, until } from '../../lib/format.ts'
import type { Tone } from '../../ui/Badge.svelte'

export type Status = { text: string; tone: Tone }

const CLOSED: Record<'denied' | 'withdrawn' | 'lapsed' | 'cancelled', Status> = {
  denied: { text: 'denied', tone: 'danger' },
  withdrawn: { text: 'withdrawn', tone: 'neutral' },
  lapsed: { text: 'lapsed: nobody decided in time', tone: 'neutral' },
  cancelled: { text: 'cancelled by an administrator', tone: 'danger' },
}

/** Where a request stands at `now`, and its access with it, as short as it can be told. */
export function statusOf(request: AccessRequest, now: number): Status {
  const { state, grant, lapsesAt } = request
  if (state === 'pending') {
    // The portal notes a lapse within the minute; by the clock it has lapsed already
    if (lapsesAt && Date.parse(lapsesAt) <= now) return CLOSED.lapsed
    return { text: approvalsOf(request), tone: 'warning' }
  }
  if (state !== 'approved') return CLOSED[state]
  if (!grant) return { text: 'approved', tone: 'success' }
  if (grant.ended) return { text: HOW_ENDED[grant.ended], tone: 'neutral' }
  if (Date.parse(grant.endsAt) <= now) return { text: HOW_ENDED.by_time, tone: 'neutral' }
  const toStart = Date.parse(grant.startsAt) - now
  if (grant.state === 'scheduled' && toStart > 0)
    return { text: `starts in ${timeLeft(toStart)}`, tone: 'primary' }
  return { text: `open until ${until(grant.endsAt, now)}`, tone: 'success' }
}

const HOW_ENDED = { by_time: 'ended', by_holder: 'ended by its holder', revoked: 'revoked' }

/** `0 of 2 approvals`; the need is not known once the access rule is gone. */
export const approvalsOf = ({ approvals: { have, need } }: AccessRequest) =>
  need === null ? plural(have, 'approval') : `${have} of ${plural(need, 'approval')}`

/** Who somebody is to others: their name, or else the best that is known. */
export const nameOf = ({ name, email, subject }: AccessRequest['person']) =>
  name ?? email ?? subject

/** `1 h from 28 Nov 2026, 09:00`, `1 h from the approval on` */
export function windowOf({ seconds, startsAt, grant, emergency }: AccessRequest, now: number) {
  const long = duration(seconds)
  const begins = grant?.startsAt ?? startsAt
  if (begins) return `${long}, from ${until(begins, now)}`
  return emergency ? long : `${long}, from the approval on`
}
