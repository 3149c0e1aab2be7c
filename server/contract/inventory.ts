import { Type, type Static, type TSchema } from 'typebox'
import { closed, Instant } from './scalar.ts'

const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])

/** What the portal has read of RDS, and what of the catalog does not agree with it. */
export const Inventory = Type.Object(
  {
    running: Type.Boolean({ description: 'Whether this portal is reading right now' }),
    places: Type.Array(
      Type.Object(
        {
          account: Type.String(),
          region: Type.String(),
          readAt: orNull(Instant),
          fault: orNull(
            Type.Object(
              { code: Type.String(), message: Type.String(), mend: Type.String() },
              { ...closed, description: 'Why the newest reading failed; what is known is older' },
            ),
          ),
          missing: Type.Array(Type.String(), {
            description: 'API actions that were refused, as IAM spells them: rds:DescribeDBProxies',
          }),
          count: Type.Integer({ description: 'Instances, clusters and proxies that are known' }),
        },
        closed,
      ),
      { description: 'Each account and region that the catalog has a role for' },
    ),
    troubles: Type.Array(
      Type.Object(
        {
          database: Type.String(),
          why: Type.String(),
          mend: Type.String(),
          closed: Type.Boolean({ description: 'Whether it gives no tokens for now' }),
        },
        closed,
      ),
      { description: 'Databases of the catalog that RDS does not have, or has otherwise' },
    ),
    databases: Type.Array(
      Type.Object(
        {
          arn: Type.String(),
          account: Type.String(),
          region: Type.String(),
          kind: Type.Enum(['instance', 'cluster', 'proxy']),
          identifier: Type.String(),
          engine: orNull(Type.String()),
          status: Type.String({ description: 'In the words of RDS: available' }),
          iam: Type.Enum(['on', 'off', 'turning_on', 'turning_off']),
          catalog: orNull(
            Type.String({ description: 'Its name in the catalog, where it is in it' }),
          ),
        },
        closed,
      ),
      {
        description: 'Without the instances of a cluster, which its endpoints lead to; at most 500',
      },
    ),
    more: Type.Integer({ description: 'How many more databases there are' }),
    now: Instant,
  },
  closed,
)
export type Inventory = Static<typeof Inventory>
