import { Type, type Static } from 'typebox'
import { closed, Instant, Name } from './scalar.ts'

const Step = Type.Object(
  {
    id: Type.String({ description: 'inventory, iam, dns, tcp, tls, ca, role, …' }),
    state: Type.Enum(['ok', 'failed', 'warning', 'skipped', 'cannot']),
    evidence: Type.String(),
    mend: Type.Union([Type.String(), Type.Null()]),
    code: Type.Union([Type.String(), Type.Null()], {
      description: 'What the other side calls it: a SQLSTATE, a code of OpenSSL',
    }),
  },
  closed,
)

/** Every database of the catalog at a glance. */
export const HealthOverview = Type.Object(
  {
    databases: Type.Array(
      Type.Object(
        {
          database: Type.String(),
          environment: Type.Union([Type.String(), Type.Null()]),
          outcome: Type.Enum(['ok', 'warning', 'failed', 'cannot', 'unchecked']),
          failing: Type.Union([Step, Type.Null()], {
            description: 'The earliest step that failed, as one of the checks found it',
          }),
          checks: Type.Integer(),
          alike: Type.Integer({ description: 'Checks that came to the same as the whole' }),
          newest: Type.Union([Instant, Type.Null()]),
          running: Type.Boolean({ description: 'Whether this portal is checking it right now' }),
        },
        closed,
      ),
    ),
    now: Instant,
  },
  closed,
)
export type HealthOverview = Static<typeof HealthOverview>

/** The newest check of each endpoint of one database, for each team and database user of a rule on it. */
export const HealthOfDatabase = Type.Object(
  {
    database: Type.String(),
    running: Type.Boolean(),
    findings: Type.Array(
      Type.Object(
        {
          team: Type.Union([Type.String(), Type.Null()]),
          user: Type.Union([Type.String(), Type.Null()]),
          endpoint: Type.String(),
          at: Instant,
          outcome: Type.Enum(['ok', 'warning', 'failed', 'cannot']),
          steps: Type.Array(Step, { description: 'In the order in which a connection needs them' }),
        },
        closed,
      ),
    ),
    now: Instant,
  },
  closed,
)
export type HealthOfDatabase = Static<typeof HealthOfDatabase>

export const ByDatabase = Type.Object({ database: Name }, closed)
export const Checking = Type.Object({ running: Type.Literal(true) }, closed)
