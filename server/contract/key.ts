import { Type, type Static } from 'typebox'
import { closed, DatabaseUser, Instant, Name, Seconds, Uuid } from './scalar.ts'

const KeyName = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'What the key is for: a computer, a program',
})
/** As long as any operator may allow: 30 days. */
const KeySeconds = Type.Integer({
  minimum: 60,
  maximum: 2_592_000,
  description: 'How long it works, seconds; the operator may allow less',
})

export const KeyWish = Type.Object({ name: KeyName, seconds: KeySeconds }, closed)

export const Key = Type.Object(
  {
    id: Uuid,
    name: Type.String(),
    prefix: Type.String({ description: 'Its first characters, to know it by' }),
    state: Type.Union([Type.Literal('works'), Type.Literal('expired'), Type.Literal('ended')]),
    createdAt: Instant,
    expiresAt: Instant,
    endedAt: Type.Union([Instant, Type.Null()]),
    lastUsedAt: Type.Union([Instant, Type.Null()], { description: 'At most a minute behind' }),
  },
  closed,
)
export type Key = Static<typeof Key>

export const Keys = Type.Object(
  {
    now: Instant,
    longest: Type.Integer({
      description: 'How long a key may work at most, seconds; 0 where there are none',
    }),
    freshUntil: Type.Union([Instant, Type.Null()], {
      description: 'Until when this session may make keys; null where it must sign in again first',
    }),
    keys: Type.Array(Key),
  },
  closed,
)
export type Keys = Static<typeof Keys>

export const MadeKey = Type.Object(
  { text: Type.String({ description: 'The key itself, shown this once' }), key: Key },
  closed,
)
export type MadeKey = Static<typeof MadeKey>

/** RFC 7636: what the terminal made its challenge of stays there until it fetches the key. */
export const KeyCodeWish = Type.Object(
  {
    name: KeyName,
    seconds: KeySeconds,
    challenge: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$', description: 'S256' }),
  },
  closed,
)
export const KeyCode = Type.Object(
  { code: Type.String({ description: 'For the terminal, once, within two minutes' }) },
  closed,
)
export type KeyCode = Static<typeof KeyCode>

export const KeyExchange = Type.Object(
  {
    code: Type.String({ pattern: '^[A-Za-z0-9]{22}$' }),
    verifier: Type.String({ pattern: '^[A-Za-z0-9._~-]{43,128}$' }),
  },
  closed,
)

export const TokenByKeyWish = Type.Object(
  {
    database: Name,
    user: DatabaseUser,
    endpoint: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 63,
        description: 'The name of an endpoint; the first of the database where it is not said',
      }),
    ),
  },
  closed,
)

/** A token with what a client needs to connect with it. */
export const TokenFacts = Type.Object(
  {
    token: Type.String({ description: 'Shown once, never stored' }),
    expiresAt: Instant,
    seconds: Seconds,
    engine: Type.String(),
    region: Type.String(),
    host: Type.String({ description: 'What the token is signed for and the certificate names' }),
    hostaddr: Type.Union([Type.String(), Type.Null()], {
      description: 'The address to connect to instead, where the endpoint is dialled elsewhere',
    }),
    dialHost: Type.Union([Type.String(), Type.Null()], {
      description: 'The name whose address that is, where only the name is known',
    }),
    port: Type.Integer({ description: 'The port to connect to' }),
    dbname: Type.String(),
    user: Type.String(),
    applicationName: Type.String(),
    caUrl: Type.String({ description: 'Where the CA bundle of the region is' }),
  },
  closed,
)
export type TokenFacts = Static<typeof TokenFacts>
