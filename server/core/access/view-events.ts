import type { Actor } from '../actor.ts'
import type { AuditEvent } from '../audit/event.ts'
import { unlessSecret } from '../audit/secret-in.ts'
import type { RequestsWish } from './ports.ts'

const about = ({ personId, requestId, address }: Actor) => ({
  actor: { person: personId },
  requestId,
  address,
})

/** Somebody asked to see what is not there or not theirs; they are not told which, and neither is the log. */
export const refusedView = (
  actor: Actor,
  what: 'request' | 'requests' | 'database' | 'grant',
  id: string | null,
): AuditEvent<'view.refused'> => ({
  ...about(actor),
  action: 'view.refused',
  subject: id,
  detail: { what, id, why: 'not_found' },
})

/** An administrator looked through the requests of everybody. */
export const readRequests = (
  actor: Actor,
  { state, text, before }: Pick<RequestsWish, 'state' | 'text' | 'before'>,
  count: number,
): AuditEvent<'requests.read'> => ({
  ...about(actor),
  action: 'requests.read',
  subject: null,
  detail: {
    filter: [
      ...(state ? [`state ${state}`] : []),
      ...(text ? [`text ${unlessSecret(text)}`] : []),
      before ? `before ${before}` : 'newest',
    ].join(', '),
    count,
  },
})
