import { Type, type Static } from 'typebox'
import { closed, Instant, Seconds, Uuid } from './scalar.ts'
import { Grant } from './grant.ts'

export const Address = Type.Object({ host: Type.String(), port: Type.Integer() }, closed)

export const Endpoint = Type.Object(
  {
    name: Type.String(),
    kind: Type.String({ description: 'instance, writer, reader, custom, proxy or global' }),
    signing: Address,
    dial: Address,
  },
  closed,
)
export type Endpoint = Static<typeof Endpoint>

/** One database user that one of the person's teams may use, and on what terms. */
export const Offer = Type.Object(
  {
    team: Type.String(),
    user: Type.String(),
    longest: Seconds,
    reason: Type.Union([Type.Literal('required'), Type.Literal('optional')]),
    reasonPattern: Type.Union([Type.String(), Type.Null()], {
      description: 'What a reason matches as a whole; regular expression with the flag u',
    }),
    approval: Type.Union([
      Type.Object(
        { groups: Type.Array(Type.String()), count: Type.Integer(), within: Seconds },
        closed,
      ),
      Type.Null(),
    ]),
    emergency: Type.Union([Type.Object({ longest: Seconds }, closed), Type.Null()]),
    pending: Type.Union([Uuid, Type.Null()], {
      description: "The person's own open request under this rule",
    }),
  },
  closed,
)
export type Offer = Static<typeof Offer>

export const Database = Type.Object(
  {
    name: Type.String(),
    engine: Type.String(),
    region: Type.String(),
    account: Type.String(),
    dbname: Type.String(),
    environment: Type.Union([Type.String(), Type.Null()]),
    description: Type.Union([Type.String(), Type.Null()]),
    tags: Type.Array(Type.String()),
    endpoints: Type.Array(Endpoint),
    offers: Type.Array(Offer),
    grants: Type.Array(Grant, { description: "The person's active grants here" }),
  },
  closed,
)
export type Database = Static<typeof Database>

export const Databases = Type.Object({ now: Instant, databases: Type.Array(Database) }, closed)
export type Databases = Static<typeof Databases>
