import { Type, type Static } from 'typebox'
import { closed, Instant } from './common.ts'

export const AuditEntry = Type.Object(
  {
    id: Type.String(),
    at: Instant,
    action: Type.String(),
    actor: Type.String(),
    actorName: Type.Union([Type.String(), Type.Null()]),
    subject: Type.Union([Type.String(), Type.Null()]),
    requestId: Type.String(),
    intentId: Type.Union([Type.String(), Type.Null()]),
    address: Type.Union([Type.String(), Type.Null()]),
    detail: Type.Record(Type.String(), Type.Unknown()),
  },
  closed,
)
export type AuditEntry = Static<typeof AuditEntry>

export const AuditPageWish = Type.Object(
  {
    before: Type.Optional(
      Type.String({ pattern: '^[0-9]{1,18}$', description: 'Older than this event' }),
    ),
    limit: Type.Optional(
      Type.String({
        pattern: '^([1-9][0-9]?|1[0-9]{2}|200)$',
        description: '1 to 200, 50 by default',
      }),
    ),
  },
  closed,
)
export type AuditPageWish = Static<typeof AuditPageWish>

export const AuditPage = Type.Object(
  { now: Instant, entries: Type.Array(AuditEntry), next: Type.Union([Type.String(), Type.Null()]) },
  closed,
)
export type AuditPage = Static<typeof AuditPage>
