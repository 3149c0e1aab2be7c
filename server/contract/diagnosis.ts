import { Type, type Static } from 'typebox'
import { closed, Instant } from './scalar.ts'

export const DiagnosisWish = Type.Object(
  {
    text: Type.String({
      maxLength: 16_384,
      description: 'What the client said. It is kept nowhere; leave tokens out of it all the same',
    }),
    receivedLength: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 1_000_000,
        description: 'How many characters of the token the client got',
      }),
    ),
  },
  closed,
)
export type DiagnosisWish = Static<typeof DiagnosisWish>

/** Of the newest token of the grant, as the audit log has it. */
const Issued = Type.Object(
  {
    at: Instant,
    expiresAt: Instant,
    endpoint: Type.String(),
    host: Type.String(),
    port: Type.Integer(),
    region: Type.String(),
    user: Type.String(),
    length: Type.Integer({ description: 'characters' }),
    sha256: Type.String({ description: 'Of the token, lower-case hex' }),
  },
  closed,
)
export type Issued = Static<typeof Issued>

const LikelyCause = Type.Object(
  {
    id: Type.String(),
    certainty: Type.Enum(['certain', 'likely', 'possible']),
    title: Type.String(),
    because: Type.Union([Type.String(), Type.Null()], {
      description: 'What the portal knows that speaks for it',
    }),
    confirm: Type.String({ description: 'How to be sure' }),
    fix: Type.String(),
    who: Type.Enum(['you', 'administrator', 'database_owner', 'aws_owner'], {
      description: 'Who can mend it',
    }),
  },
  closed,
)
export type LikelyCause = Static<typeof LikelyCause>

export const Diagnosis = Type.Object(
  {
    now: Instant,
    means: Type.Union([Type.String(), Type.Null()], {
      description: 'What the client means; null for words that the portal does not know',
    }),
    notes: Type.Array(Type.String()),
    causes: Type.Array(LikelyCause, { description: 'The likeliest first' }),
    issued: Type.Union([Issued, Type.Null()], { description: 'null: no token was given yet' }),
  },
  closed,
)
export type Diagnosis = Static<typeof Diagnosis>
