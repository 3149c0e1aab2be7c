import { Type, type Static } from 'typebox'
import { closed, DatabaseUser, Instant, Name, Uuid } from './scalar.ts'

export const Grant = Type.Object(
  {
    id: Uuid,
    requestId: Uuid,
    team: Type.String(),
    database: Type.String(),
    user: Type.String(),
    reason: Type.Union([Type.String(), Type.Null()]),
    startsAt: Instant,
    endsAt: Instant,
    endedAt: Type.Union([Instant, Type.Null()]),
    emergency: Type.Boolean({ description: 'Opened without approval; somebody else reviews it' }),
    ended: Type.Union(
      [Type.Literal('by_time'), Type.Literal('by_holder'), Type.Literal('revoked'), Type.Null()],
      { description: 'How; null until it has' },
    ),
    endReason: Type.Union([Type.String(), Type.Null()], { description: 'Why it was revoked' }),
    state: Type.Union([Type.Literal('scheduled'), Type.Literal('active'), Type.Literal('ended')]),
    usable: Type.Boolean({ description: 'Whether a token would be given now' }),
    blocked: Type.Union([Type.String(), Type.Null()], {
      description: 'Why an active grant gives no token: team left, rule gone',
    }),
  },
  closed,
)
export type Grant = Static<typeof Grant>

/** Ask for one rule of the catalog. The answer is the request, with its grant where that opened at once. */
export const Submission = Type.Object(
  {
    team: Name,
    database: Name,
    user: DatabaseUser,
    seconds: Type.Integer({
      minimum: 60,
      maximum: 31_536_000,
      description: 'How long; the rule sets the longest',
    }),
    reason: Type.Optional(
      // No control characters: a reason is one line in mails, logs and tables.
      Type.String({
        minLength: 1,
        maxLength: 1000,
        pattern: '^[^\\u0000-\\u001f\\u007f]*$',
        description: 'Kept in the audit log',
      }),
    ),
    startsAt: Type.Optional(
      Type.String({
        format: 'date-time',
        maxLength: 40,
        description: 'When the window should begin, within 7 days; at once unless said',
      }),
    ),
    emergency: Type.Optional(
      Type.Boolean({
        description: 'Open at once, without the approval; it is reviewed afterwards',
      }),
    ),
  },
  closed,
)
export type Submission = Static<typeof Submission>

export const Grants = Type.Object({ now: Instant, grants: Type.Array(Grant) }, closed)
export type Grants = Static<typeof Grants>
