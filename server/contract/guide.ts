import { Type, type Static, type TSchema } from 'typebox'
import { closed, Uuid } from './scalar.ts'

const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
/** What a person types: here only so long as it may be, `fields` of the problem says what is wrong with it. */
const typed = (maxLength: number) => Type.String({ maxLength })

const Engine = Type.Enum(['postgres', 'aurora-postgresql', 'mysql', 'aurora-mysql', 'mariadb'])
const DatabaseForm = Type.Enum(['instance', 'cluster', 'proxy'])
const Endpoints = Type.Array(
  Type.Object(
    {
      name: typed(63),
      host: typed(255),
      dial: Type.Optional(
        Type.String({
          maxLength: 260,
          description:
            'Where a tunnel to it listens, as host:port; without it clients reach the host itself',
        }),
      ),
    },
    closed,
  ),
  { maxItems: 20 },
)
const Groups = Type.Array(typed(256), { maxItems: 50 })

/** The database, the team and the database users that a guide is for. */
export const GuideWish = Type.Object(
  {
    name: typed(63),
    engine: Engine,
    account: typed(12),
    region: typed(32),
    form: DatabaseForm,
    identifier: typed(255),
    resource: typed(80),
    dbname: typed(128),
    port: Type.Integer({ minimum: 0, maximum: 65_535 }),
    endpoints: Endpoints,
    team: typed(63),
    groups: Groups,
    roleName: typed(576),
    externalId: typed(1224),
    portal: typed(2048),
    users: Type.Array(
      Type.Object(
        {
          name: typed(128),
          preset: Type.Enum(['read', 'write', 'none']),
          schema: typed(128),
          duration: typed(16),
          approvalGroups: Groups,
        },
        closed,
      ),
      { maxItems: 20 },
    ),
    client: Type.Object(
      { cidr: orNull(typed(64)), securityGroup: orNull(typed(64)) },
      { ...closed, description: 'Where connections come from; null where nobody said' },
    ),
  },
  closed,
)
export type GuideWish = Static<typeof GuideWish>

export const GuideText = Type.Object(
  {
    form: Type.Enum(['cli', 'cloudformation', 'terraform', 'json', 'sql', 'yaml', 'shell']),
    title: Type.String(),
    filename: Type.String(),
    text: Type.String(),
  },
  closed,
)
export type GuideText = Static<typeof GuideText>

export const GuideStep = Type.Object(
  {
    id: Type.String(),
    title: Type.String(),
    why: Type.String(),
    where: Type.Enum(['aws', 'database', 'catalog', 'terminal']),
    warnings: Type.Array(Type.String()),
    texts: Type.Array(GuideText, { description: 'The same step in each form that it has' }),
    check: orNull(Type.String({ description: 'How to see that it worked' })),
  },
  closed,
)
export type GuideStep = Static<typeof GuideStep>

/** `takeAway`: what brings everything back to how it was. */
export const Guide = Type.Object(
  { steps: Type.Array(GuideStep), takeAway: Type.Array(GuideStep) },
  closed,
)
export type Guide = Static<typeof Guide>

/** A database as RDS or the catalog has it, in the words of a wish. */
const known = {
  engine: Engine,
  account: Type.String(),
  region: Type.String(),
  form: DatabaseForm,
  identifier: Type.String(),
  resource: Type.String(),
  dbname: orNull(Type.String()),
  port: Type.Integer(),
  endpoints: Type.Array(Type.Object({ name: Type.String(), host: Type.String() }, closed)),
}

/** What a form can be filled from. */
export const GuideChoices = Type.Object(
  {
    found: Type.Array(
      Type.Object(
        {
          ...known,
          arn: Type.String(),
          status: Type.String({ description: 'In the words of RDS: available' }),
          iam: Type.Boolean({ description: 'Whether IAM database authentication is on' }),
        },
        closed,
      ),
      { description: 'Databases in RDS that are not in the catalog' },
    ),
    places: Type.Array(
      Type.Object(
        {
          account: Type.String(),
          region: Type.String(),
          fault: orNull(Type.String({ description: 'Why it could not be read, and the mend' })),
        },
        closed,
      ),
      { description: 'Accounts and regions that are looked through' },
    ),
    databases: Type.Array(Type.Object({ ...known, name: Type.String() }, closed), {
      description: 'Databases of the catalog',
    }),
    teams: Type.Array(
      Type.Object(
        {
          name: Type.String(),
          groups: Type.Array(Type.String()),
          roles: Type.Array(
            Type.Object(
              { account: Type.String(), arn: Type.String(), externalId: Type.String() },
              closed,
            ),
          ),
        },
        closed,
      ),
    ),
    portal: orNull(
      Type.String({ description: 'ARN of the role or user that the portal works as' }),
    ),
    externalId: Uuid,
  },
  closed,
)
export type GuideChoices = Static<typeof GuideChoices>
