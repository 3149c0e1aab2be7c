import { isPostgres } from '../catalog/database-user.ts'
import { aws, type CliOption, inAccount } from './aws-cli.ts'
import type { GuideStep } from './guide.ts'
import type { Plan } from './plan.ts'

/** What a database needs that is in nobody's wish; the shell stops with these words where it is not set. */
const SUBNETS: CliOption = [
  'db-subnet-group-name',
  { raw: '"${SUBNET_GROUP:?set it to the name of a DB subnet group}"' },
]
const GROUP: CliOption = [
  'vpc-security-group-ids',
  { raw: '"${SECURITY_GROUP:?set it to the id of a security group}"' },
]

/** A new database with IAM authentication on from the start; null for a proxy, which stands before one that exists. */
export function createStep(plan: Plan): GuideStep | null {
  const { database, form, identifier, port } = plan
  if (form === 'proxy') return null
  const aurora = database.engine.startsWith('aurora-')
  return {
    id: 'create',
    title: 'If there is no database yet: make one',
    why:
      form === 'cluster'
        ? 'A cluster made on the command line has no instance in it, so there are two commands; the console makes both. '
        : 'IAM authentication is on from the start. ' +
          'The password of its administrator is made by RDS and kept in Secrets Manager: it is in nobody’s history.',
    where: 'aws',
    warnings: [
      'Leave this out for a database that exists, as the rest of this guide supposes.',
      'A new database gets a resource id of its own: write this guide again with it, for the policy names it.',
    ],
    texts: [
      {
        form: 'cli',
        title: 'AWS CLI',
        filename: 'create.sh',
        text: `${inAccount(database.account)}\n${commands({ database, form, identifier, port }, aurora).join(' &&\n')}\n`,
      },
    ],
    check: `The status becomes available: aws rds wait db-${form}-available --region ${database.region} --db-${form}-identifier ${identifier}`,
  }
}

type New = Pick<Plan, 'database' | 'form' | 'identifier' | 'port'>

function commands({ database, form, identifier, port }: New, aurora: boolean): string[] {
  const region: CliOption = ['region', database.region]
  const engine: CliOption = ['engine', database.engine]
  const common: CliOption[] = [
    ['master-username', isPostgres(database.engine) ? 'postgres' : 'admin'],
    ['manage-master-user-password'],
    ['enable-iam-database-authentication'],
    ['port', String(port)],
    SUBNETS,
    GROUP,
  ]
  if (form === 'instance')
    return [
      aws('rds create-db-instance', [
        region,
        ['db-instance-identifier', identifier],
        engine,
        ...size(database.dbname),
        ['db-instance-class', 'db.t4g.medium'],
        ...common,
      ]),
    ]
  const cluster = aws('rds create-db-cluster', [
    region,
    ['db-cluster-identifier', identifier],
    engine,
    ['database-name', database.dbname],
    // A Multi-AZ cluster makes its instances by itself, and has to be told how large.
    ...(aurora ? [] : MULTI_AZ),
    ...common,
  ])
  if (!aurora) return [cluster]
  const first = aws('rds create-db-instance', [
    region,
    ['db-instance-identifier', `${identifier.slice(0, 61)}-1`],
    ['db-cluster-identifier', identifier],
    engine,
    ['db-instance-class', 'db.t4g.medium'],
  ])
  return [cluster, first]
}

const size = (dbname: string): CliOption[] => [
  ['db-name', dbname],
  ['allocated-storage', '20'],
  ['storage-type', 'gp3'],
  ['storage-encrypted'],
]

const MULTI_AZ: CliOption[] = [
  ['db-cluster-instance-class', 'db.m6gd.large'],
  ['allocated-storage', '100'],
  ['storage-type', 'gp3'],
  ['storage-encrypted'],
]
