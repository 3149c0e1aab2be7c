import { Type, type Static } from 'typebox'
import { closed, Instant, Seconds, Uuid } from './scalar.ts'
import { Endpoint } from './database.ts'
import { Grant } from './grant.ts'

const nullable = <T extends Type.TSchema>(schema: T, options: Type.TSchemaOptions = {}) =>
  Type.Union([schema, Type.Null()], options)
const ALLOWED = '[^\\u0000-\\u0009\\u000b-\\u001f\\u007f]'
const SEEN = '[^\\u0000-\\u0020\\u007f\\u00a0]'
/** Not only blanks, and no control characters but line ends: it is shown on pages, in mails and in logs. */
const Words = Type.String({
  minLength: 1,
  maxLength: 1000,
  pattern: `^${ALLOWED}*${SEEN}${ALLOWED}*$`,
  description: 'Kept in the audit log',
})

export const Person = Type.Object(
  {
    id: Uuid,
    name: nullable(Type.String()),
    email: nullable(Type.String({ description: 'For reading; it proves nothing' })),
    subject: Type.String({
      description: 'The tail of the subject that the provider knows them by',
    }),
  },
  closed,
)
export type Person = Static<typeof Person>

export const RequestState = Type.Union(
  ['pending', 'approved', 'denied', 'withdrawn', 'lapsed', 'cancelled'].map((state) =>
    Type.Literal(state),
  ) as [
    Type.TLiteral<'pending'>,
    Type.TLiteral<'approved'>,
    Type.TLiteral<'denied'>,
    Type.TLiteral<'withdrawn'>,
    Type.TLiteral<'lapsed'>,
    Type.TLiteral<'cancelled'>,
  ],
)

export const AccessRequest = Type.Object(
  {
    id: Uuid,
    person: Person,
    mine: Type.Boolean(),
    team: Type.String(),
    database: Type.String(),
    environment: nullable(Type.String()),
    user: Type.String(),
    seconds: Seconds,
    reason: nullable(Type.String()),
    emergency: Type.Boolean(),
    startsAt: nullable(Instant),
    createdAt: Instant,
    lapsesAt: nullable(Instant),
    closedAt: nullable(Instant),
    state: RequestState,
    approvals: Type.Object(
      { have: Type.Integer(), need: nullable(Type.Integer()) },
      { ...closed, description: '`need` is null where no rule asks for any, or the rule is gone' },
    ),
    grant: nullable(Grant),
    waitsForMe: Type.Boolean({ description: 'My decision or my review is what it waits for' }),
  },
  closed,
)
export type AccessRequest = Static<typeof AccessRequest>

export const Happening = Type.Object(
  {
    at: Instant,
    what: Type.Union([
      Type.Literal('asked'),
      Type.Literal('approved'),
      Type.Literal('denied'),
      Type.Literal('withdrawn'),
      Type.Literal('lapsed'),
      Type.Literal('cancelled'),
      Type.Literal('opened'),
      Type.Literal('started'),
      Type.Literal('ended'),
      Type.Literal('revoked'),
      Type.Literal('reviewed'),
    ]),
    by: nullable(Type.String({ description: 'Their name, e-mail or tail of the subject' })),
    text: nullable(Type.String({ description: 'Reason or comment' })),
    counts: Type.Boolean({
      description: 'False for an approval of other terms, or by somebody who may no longer decide',
    }),
  },
  closed,
)
export type Happening = Static<typeof Happening>

export const RequestPage = Type.Object(
  {
    now: Instant,
    request: AccessRequest,
    version: Type.String({ description: 'Of what is seen here; a decision carries it' }),
    opens: nullable(
      Type.Object(
        {
          engine: Type.String(),
          account: Type.String(),
          region: Type.String(),
          dbname: Type.String(),
          description: nullable(Type.String()),
          endpoints: Type.Array(Endpoint),
          longest: Seconds,
          approvers: Type.Array(Type.String(), { description: 'SSO groups' }),
        },
        closed,
      ),
      { description: 'Null when the catalog no longer has the rule' },
    ),
    happenings: Type.Array(Happening, { description: 'Oldest first' }),
    held: Type.Array(Grant, { description: 'What else that person holds, open now' }),
    may: Type.Object(
      {
        decide: Type.Boolean(),
        withdraw: Type.Boolean(),
        end: Type.Boolean({ description: 'It is mine and open' }),
        revoke: Type.Boolean(),
        review: Type.Boolean(),
      },
      closed,
    ),
    whyNot: nullable(Type.String({ description: 'Why this person cannot decide, as a sentence' })),
    typeName: Type.Boolean({ description: 'Approving asks for the name of the database' }),
    closing: nullable(
      Type.Object(
        {
          sql: Type.String({
            description: 'Ends the sessions of this grant that are open in the database',
          }),
          deny: Type.String({
            description: 'IAM policy that keeps out tokens that were given already',
          }),
          role: Type.String({ description: 'The role to attach it to' }),
        },
        closed,
      ),
    ),
  },
  closed,
)
export type RequestPage = Static<typeof RequestPage>

export const RequestsWish = Type.Object(
  {
    view: Type.Optional(
      Type.Union([Type.Literal('waiting'), Type.Literal('mine'), Type.Literal('all')], {
        description: '`all` is for administrators; mine unless said',
      }),
    ),
    state: Type.Optional(
      Type.Union([
        Type.Literal('pending'),
        Type.Literal('approved'),
        Type.Literal('denied'),
        Type.Literal('withdrawn'),
        Type.Literal('lapsed'),
        Type.Literal('cancelled'),
        Type.Literal('emergency'),
        Type.Literal('running'),
      ]),
    ),
    text: Type.Optional(
      Type.String({ minLength: 1, maxLength: 100, pattern: '^[^\\u0000-\\u001f\\u007f]*$' }),
    ),
    before: Type.Optional(
      Type.String({ format: 'uuid', description: '`next` of the page before' }),
    ),
  },
  closed,
)
export type RequestsWish = Static<typeof RequestsWish>

export const Requests = Type.Object(
  {
    now: Instant,
    requests: Type.Array(AccessRequest),
    next: nullable(Uuid),
  },
  closed,
)
export type Requests = Static<typeof Requests>

export const Waiting = Type.Object({ waiting: Type.Integer() }, closed)
export type Waiting = Static<typeof Waiting>

export const Approval = Type.Object(
  { version: Type.String({ maxLength: 100 }), comment: Type.Optional(Words) },
  closed,
)
export type Approval = Static<typeof Approval>
export const Denial = Type.Object(
  { version: Type.String({ maxLength: 100 }), comment: Words },
  closed,
)
export type Denial = Static<typeof Denial>
/** Why somebody else's access is ended, or what a reviewer found. */
export const WithReason = Type.Object({ reason: Words }, closed)
export const WithComment = Type.Object({ comment: Words }, closed)

export const Ended = Type.Object(
  { ended: Type.Integer({ description: 'How many grants' }) },
  closed,
)
export type Ended = Static<typeof Ended>

export const PersonEnded = Type.Object(
  {
    ended: Type.Integer({ description: 'How many grants' }),
    cancelled: Type.Integer({ description: 'How many requests that nobody had decided' }),
    sessions: Type.Integer({ description: 'How many sessions of theirs in the portal' }),
    keys: Type.Integer({ description: 'How many personal keys of theirs' }),
  },
  closed,
)
export type PersonEnded = Static<typeof PersonEnded>
