import { Type, type Static } from 'typebox'
import { closed, Instant } from './scalar.ts'

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) =>
  Type.Union([type, Type.Null()])

/** A number of events, as it is written in an address: below 10^15. */
const Decimal = Type.String({ pattern: '^(0|[1-9][0-9]{0,14})$' })
const Size = Type.Integer({ minimum: 0, description: 'A number of events' })
const Hash = Type.String({ description: '32 bytes in base64' })

export const BySeq = Type.Object({ seq: Decimal }, closed)

export const ProofWish = Type.Object(
  {
    size: Type.Optional({
      ...Decimal,
      description: 'In the tree of so many events; all, if absent',
    }),
  },
  closed,
)
export type ProofWish = Static<typeof ProofWish>

/** That one event is in the log. `checkpoint` is the signed note of that size, null where none was signed. */
export const InclusionProof = Type.Object(
  {
    seq: Size,
    size: Size,
    eventId: Type.String(),
    leaf: Hash,
    proof: Type.Array(Hash, { description: 'RFC 9162 §2.1.3, lowest first' }),
    root: Hash,
    checkpoint: nullable(Type.String()),
  },
  closed,
)
export type InclusionProof = Static<typeof InclusionProof>

export const ConsistencyWish = Type.Object(
  { from: Decimal, to: Type.Optional({ ...Decimal, description: 'All events, if absent' }) },
  closed,
)
export type ConsistencyWish = Static<typeof ConsistencyWish>

/** That the log of `from` events is the beginning of the log of `to`. */
export const ConsistencyProof = Type.Object(
  {
    from: Size,
    to: Size,
    proof: Type.Array(Hash, { description: 'RFC 9162 §2.1.4' }),
    fromRoot: Hash,
    toRoot: Hash,
    checkpoint: nullable(Type.String({ description: 'The signed note of `to`' })),
  },
  closed,
)
export type ConsistencyProof = Static<typeof ConsistencyProof>

/** What a verification found wrong. The codes are those of the exit codes 2 to 6 of `latchkey audit verify`. */
export const Finding = Type.Object(
  {
    code: Type.Union([
      Type.Literal('altered'),
      Type.Literal('rolled_back'),
      Type.Literal('two_histories'),
      Type.Literal('unsealed'),
      Type.Literal('wrong_key'),
    ]),
    text: Type.String({ description: 'A sentence: what differs' }),
    seq: nullable(Size),
    eventId: nullable(Type.String()),
  },
  closed,
)
export type Finding = Static<typeof Finding>

export const Verification = Type.Object(
  {
    at: Instant,
    /** A person's id, or portal. */
    by: Type.String(),
    byName: nullable(Type.String()),
    from: Size,
    to: Size,
    holds: Type.Boolean(),
    findings: Type.Array(Finding, { description: 'The first of them' }),
    milliseconds: Type.Integer(),
    compared: Type.Array(Type.Object({ place: Type.String(), checkpoints: Size }, closed), {
      description: 'Anchors that it was compared with, and with how many of their checkpoints',
    }),
    unread: Type.Array(Type.Object({ place: Type.String(), code: Type.String() }, closed), {
      description: 'Anchors that could not be asked',
    }),
  },
  closed,
)
export type Verification = Static<typeof Verification>

export const RunningVerification = Type.Object(
  {
    startedAt: Instant,
    by: Type.String(),
    from: Size,
    done: Type.Integer({ minimum: 0, description: 'Events checked so far, counted from `from`' }),
    total: Type.Integer({ minimum: 0 }),
  },
  closed,
)
export type RunningVerification = Static<typeof RunningVerification>

export const VerificationWish = Type.Object(
  {
    from: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 999_999_999_999_999,
        description: 'Only what was sealed after so many events; the whole log, if absent',
      }),
    ),
  },
  closed,
)
export type VerificationWish = Static<typeof VerificationWish>

/** A place that anchors checkpoints, or a stream of events. */
export const Outlet = Type.Object(
  {
    kind: Type.Union([Type.Literal('anchor'), Type.Literal('stream')]),
    place: Type.String({ description: 'file, s3, witness; stdout, webhook' }),
    size: { ...Size, description: 'So many events of the log have arrived there' },
    at: nullable(Instant),
    behind: { ...Size, description: 'So many sealed events wait to arrive there' },
    failing: nullable(
      Type.Object(
        {
          since: Instant,
          attempts: Type.Integer({ minimum: 1 }),
          error: Type.String({ description: 'A code: timeout, http_500, no_object_lock' }),
          nextAt: Instant,
        },
        closed,
      ),
    ),
  },
  closed,
)
export type Outlet = Static<typeof Outlet>

export const AuditStatus = Type.Object(
  {
    now: Instant,
    /** The name of the log in its checkpoints; null before the first. */
    origin: nullable(Type.String()),
    sealed: Size,
    unsealed: Type.Integer({ minimum: 0, description: 'Events that wait to be sealed' }),
    unsealedIsMore: Type.Boolean({ description: 'There are more than could be counted quickly' }),
    lagMilliseconds: Type.Integer({ minimum: 0, description: 'The age of the oldest that waits' }),
    checkpoint: nullable(Type.Object({ size: Size, root: Hash, at: Instant }, closed)),
    keys: Type.Array(
      Type.Object({ id: Type.String(), key: Type.String(), fromSize: Size, at: Instant }, closed),
      { description: 'Every key that signed, the newest last' },
    ),
    sealing: Type.Object(
      {
        state: Type.Union([Type.Literal('works'), Type.Literal('refuses'), Type.Literal('fails')]),
        reason: nullable(Type.String({ description: 'Stable, for programs' })),
        text: nullable(Type.String()),
        mend: nullable(Type.String()),
      },
      { ...closed, description: 'Of the replica that answers' },
    ),
    anchors: Type.Array(
      Type.Object({ place: Type.String(), size: Size, ref: Type.String(), at: Instant }, closed),
      { description: 'The newest of each place' },
    ),
    outlets: Type.Array(Outlet, { description: 'What is configured' }),
    verification: Type.Object(
      { running: nullable(RunningVerification), last: nullable(Verification) },
      closed,
    ),
  },
  closed,
)
export type AuditStatus = Static<typeof AuditStatus>
