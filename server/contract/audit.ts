import { Type, type Static } from 'typebox'
import { closed, Instant, Name, Uuid } from './scalar.ts'

const nullable = <T extends Type.TSchema>(schema: T, options: Type.TSchemaOptions = {}) =>
  Type.Union([schema, Type.Null()], options)

const Action = Type.String({ pattern: '^[a-z]+\\.[a-z]+$', maxLength: 40 })
export const Outcome = Type.Union([
  Type.Literal('done'),
  Type.Literal('refused'),
  Type.Literal('failed'),
  Type.Literal('unknown'),
])
export type Outcome = Static<typeof Outcome>

/** Names of people by their ids, for the ids in what it comes with. */
const People = Type.Record(Type.String(), Type.String(), {
  description: 'Names by the ids that occur here; nobody is here whom the portal does not know',
})

export const AuditEntry = Type.Object(
  {
    id: Type.String(),
    at: Instant,
    seq: nullable(Type.Integer(), { description: 'Its place in the sealed log; null until then' }),
    action: Type.String(),
    outcome: nullable(Outcome, { description: 'Null for an action that this version has not' }),
    actor: Type.String({ description: 'A person’s id, `portal` or `anonymous`' }),
    actorName: nullable(Type.String()),
    subject: nullable(Type.String()),
    requestId: Type.String({ description: 'Joins the events of one HTTP request' }),
    intentId: nullable(Type.String()),
    address: nullable(Type.String()),
    detail: Type.Record(Type.String(), Type.Unknown()),
  },
  closed,
)
export type AuditEntry = Static<typeof AuditEntry>

const filters = {
  person: Type.Optional(
    Type.Union([Uuid, Type.Literal('portal'), Type.Literal('anonymous')], {
      description: 'Who did it, or to whom it was done',
    }),
  ),
  action: Type.Optional(
    Type.Union([Action, Type.Array(Action, { maxItems: 20 })], {
      description: 'One of these; may be given up to 20 times',
    }),
  ),
  outcome: Type.Optional(Outcome),
  database: Type.Optional(Name),
  team: Type.Optional(Name),
  request: Type.Optional(
    Type.String({ format: 'uuid', description: 'The id of an access request' }),
  ),
  text: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 100,
      pattern: '^[^\\u0000-\\u001f\\u007f]*$',
      description: 'Words in a reason or comment; all of them, in any order',
    }),
  ),
  address: Type.Optional(Type.String({ pattern: '^[0-9A-Fa-f.:]{2,45}$' })),
  from: Type.Optional(Instant),
  to: Type.Optional(Type.String({ format: 'date-time', description: 'Before this instant' })),
}
const paging = {
  before: Type.Optional(
    Type.String({ pattern: '^[\\w-]{8,2000}$', description: '`next` of the page before' }),
  ),
  limit: Type.Optional(
    Type.String({
      pattern: '^([1-9][0-9]?|1[0-9]{2}|200)$',
      description: '1 to 200, 50 by default',
    }),
  ),
}

/** What is looked for: all of it must hold. The page's address and the export say the same by the same names. */
export const AuditFilter = Type.Object(filters, closed)
export type AuditFilter = Static<typeof AuditFilter>

/** A period, and either a database or a team. */
export const EvidenceFilter = Type.Object(
  {
    from: Instant,
    to: Type.String({ format: 'date-time', description: 'Before this instant' }),
    database: Type.Optional(Name),
    team: Type.Optional(Name),
  },
  closed,
)

export const AuditPageWish = Type.Object({ ...filters, ...paging }, closed)
export type AuditPageWish = Static<typeof AuditPageWish>

export const OwnEventsWish = Type.Object(paging, closed)
export type OwnEventsWish = Static<typeof OwnEventsWish>

export const AuditPage = Type.Object(
  {
    now: Instant,
    entries: Type.Array(AuditEntry, { description: 'Newest first' }),
    next: nullable(Type.String(), {
      description:
        'Goes on after the last entry, as the log was when the first page was read: nothing is skipped or repeated',
    }),
    people: People,
  },
  closed,
)
export type AuditPage = Static<typeof AuditPage>

/** `exact`; `atLeast`, where counting stopped; `about`, where the rest was estimated. */
export const AuditCount = Type.Object(
  {
    is: Type.Union([Type.Literal('exact'), Type.Literal('atLeast'), Type.Literal('about')]),
    count: Type.Integer({ minimum: 0 }),
  },
  closed,
)
export type AuditCount = Static<typeof AuditCount>

export const AuditHistogram = Type.Object(
  {
    now: Instant,
    from: nullable(Instant, { description: 'Of the first bucket; null where there are none' }),
    to: nullable(Instant, { description: 'The end of the last bucket' }),
    seconds: Type.Integer({ description: 'How long a bucket is; the first and last may be cut' }),
    buckets: Type.Array(
      Type.Object(
        {
          at: Instant,
          done: Type.Integer(),
          refused: Type.Integer(),
          failed: Type.Integer(),
          unknown: Type.Integer(),
        },
        closed,
      ),
      { description: 'Oldest first, without gaps; at most 200' },
    ),
    count: AuditCount,
    completeFrom: nullable(Instant, {
      description: 'Not null where counting stopped: what is older than this is not in the buckets',
    }),
  },
  closed,
)
export type AuditHistogram = Static<typeof AuditHistogram>

export const AuditEventId = Type.Object({ id: Type.String({ pattern: '^[0-9]{1,18}$' }) }, closed)

/** How to find on the side of AWS what one token came from. */
export const CloudTrailQuery = Type.Object(
  {
    event: Type.String({ description: 'The id of the event `token.issued`' }),
    accessKeyId: Type.String(),
    sourceIdentity: Type.String({ description: 'Also the name of the role session' }),
    stsRequestId: Type.String({ description: 'The request id of the AssumeRole call' }),
    role: Type.String(),
    region: Type.String(),
    queries: Type.Array(Type.Object({ title: Type.String(), text: Type.String() }, closed), {
      description: 'To copy: for the AWS CLI, and for CloudTrail Lake',
    }),
  },
  closed,
)
export type CloudTrailQuery = Static<typeof CloudTrailQuery>

export const AuditStory = Type.Object(
  {
    now: Instant,
    entry: AuditEntry,
    events: Type.Array(AuditEntry, {
      description: 'What belongs together, oldest first, this one among them',
    }),
    more: Type.Boolean({ description: 'There are more than are told here' }),
    requests: Type.Array(Type.String(), { description: 'Ids of access requests' }),
    grants: Type.Array(Type.String(), { description: 'Ids of grants' }),
    cloudTrail: Type.Array(CloudTrailQuery),
    people: People,
  },
  closed,
)
export type AuditStory = Static<typeof AuditStory>

/** What can be filtered by. */
export const AuditChoices = Type.Object(
  {
    actions: Type.Array(Type.Object({ action: Type.String(), outcome: Outcome }, closed)),
    databases: Type.Array(Type.String()),
    teams: Type.Array(Type.String()),
  },
  closed,
)
export type AuditChoices = Static<typeof AuditChoices>

export const PeopleWish = Type.Object(
  {
    text: Type.String({ minLength: 1, maxLength: 100, pattern: '^[^\\u0000-\\u001f\\u007f]*$' }),
  },
  closed,
)
export const FoundPeople = Type.Array(
  Type.Object({ id: Uuid, name: nullable(Type.String()), email: nullable(Type.String()) }, closed),
  { description: 'At most 20, by name' },
)
export type FoundPeople = Static<typeof FoundPeople>
