import { randomBytes } from 'node:crypto'
import { type Account, defineAccount } from './iam.ts'
import { keepFile } from './kept-file.ts'
import type { RdsEndpoint } from './rds-token.ts'
import { makeAccessKeyId, makeSecretAccessKey } from './sealed-session.ts'

/** The account number that AWS's own documentation uses for examples. */
export const ACCOUNT_ID = '111122223333'

export type LabEndpoint = { name: string; host: string; door: number; readOnly: boolean }

/** A database as it would stand in RDS. `door` of an endpoint is the usual port of its door on loopback. */
export type LabDatabase = {
  name: string
  engine: 'postgres' | 'aurora-postgresql' | 'mariadb'
  /** Of its endpoints, as tokens are signed for it. */
  port: number
  region: string
  resource: string
  dbname: string
  endpoints: readonly LabEndpoint[]
}

export const DATABASES: readonly LabDatabase[] = [
  {
    name: 'orders',
    engine: 'aurora-postgresql',
    port: 5432,
    region: 'eu-west-1',
    resource: 'cluster-ABCDEFGHIJKL01234',
    dbname: 'orders',
    endpoints: [
      {
        name: 'writer',
        host: 'orders.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com',
        door: 6543,
        readOnly: false,
      },
      {
        name: 'reader',
        host: 'orders.cluster-ro-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com',
        door: 6544,
        readOnly: true,
      },
    ],
  },
  {
    name: 'orders-staging',
    engine: 'postgres',
    port: 5432,
    region: 'eu-west-1',
    resource: 'db-STAGINGMNOPQRSTUV56789',
    dbname: 'orders_staging',
    endpoints: [
      {
        name: 'instance',
        host: 'orders-staging.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com',
        door: 6545,
        readOnly: false,
      },
    ],
  },
  {
    name: 'shipments',
    engine: 'aurora-postgresql',
    port: 5432,
    region: 'eu-central-1',
    resource: 'cluster-WXYZABCDEFGH98765',
    dbname: 'shipments',
    endpoints: [
      {
        name: 'writer',
        host: 'shipments.cluster-c9z8y7x6w5v4.eu-central-1.rds.amazonaws.com',
        door: 6546,
        readOnly: false,
      },
    ],
  },
]

/** The one that is not PostgreSQL's: it is there where MariaDB is installed. */
export const INVOICES: LabDatabase = {
  name: 'invoices',
  engine: 'mariadb',
  port: 3306,
  region: 'eu-west-1',
  resource: 'db-INVOICESABCDEFGHI12345',
  dbname: 'invoices',
  endpoints: [
    {
      name: 'instance',
      host: 'invoices.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com',
      door: 6547,
      readOnly: false,
    },
  ],
}

export const endpointOf = (database: LabDatabase, { host }: LabEndpoint): RdsEndpoint => ({
  host,
  port: database.port,
  region: database.region,
  resource: database.resource,
})

/** The teams' roles, and the external id by which each knows the portal. */
export const ROLES = {
  payments: { name: 'latchkey-payments', externalId: '6f0c1f0e-52a1-4c0e-9a54-2c9f2f0b7c11' },
  logistics: { name: 'latchkey-logistics', externalId: '0b7d5a34-8f6e-4c59-b3f0-5d1c2e7a9e40' },
} as const

export const roleArn = (team: keyof typeof ROLES) =>
  `arn:aws:iam::${ACCOUNT_ID}:role/${ROLES[team].name}`

export type LabKeys = { accessKeyId: string; secretAccessKey: string; sealingKey: string }

/** The portal's long-lived key and the key that seals sessions: the same after a restart. */
export async function keepKeys(home: string): Promise<LabKeys> {
  const text = await keepFile(home, 'aws.json', () =>
    JSON.stringify({
      accessKeyId: makeAccessKeyId('AKIA'),
      secretAccessKey: makeSecretAccessKey(),
      sealingKey: randomBytes(32).toString('base64'),
    }),
  )
  return JSON.parse(text) as LabKeys
}

/** The account that the demo's portal works in: a user that may do nothing but assume the roles of the teams. */
export function demoAccount(keys: LabKeys): Account {
  return defineAccount({
    id: ACCOUNT_ID,
    regions: [...new Set(DATABASES.map(({ region }) => region))],
    sealingKey: Buffer.from(keys.sealingKey, 'base64'),
    users: [
      {
        name: 'portal',
        accessKeyId: keys.accessKeyId,
        secretAccessKey: keys.secretAccessKey,
        policies: [
          allow(
            ['sts:AssumeRole', 'sts:SetSourceIdentity'],
            [`arn:aws:iam::${ACCOUNT_ID}:role/latchkey-*`],
          ),
        ],
      },
    ],
    roles: [
      makeRole('payments', [
        ...arnsOf(['orders', 'orders-staging'], ['orders_reader', 'orders_writer']),
        ...arnsOf(['invoices'], ['invoices_reader', 'invoices_writer']),
      ]),
      makeRole('logistics', arnsOf(['shipments'], ['shipments_reader', 'shipments_writer'])),
    ],
  })
}

const arnsOf = (databases: string[], users: string[]) =>
  [...DATABASES, INVOICES]
    .filter(({ name }) => databases.includes(name))
    .flatMap(({ region, resource }) =>
      users.map((user) => `arn:aws:rds-db:${region}:${ACCOUNT_ID}:dbuser:${resource}/${user}`),
    )

function makeRole(team: keyof typeof ROLES, arns: string[]) {
  const { name, externalId } = ROLES[team]
  return {
    name,
    trust: trustPortal(externalId),
    policies: { 'connect-to-databases': allow(['rds-db:connect'], arns) },
    maxSessionDuration: 3600,
  }
}

/** Nobody gets in without the portal's external id, and without saying for whom. */
const trustPortal = (externalId: string) => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${ACCOUNT_ID}:user/portal` },
      Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'],
      Condition: {
        StringEquals: { 'sts:ExternalId': externalId },
        StringLike: { 'sts:SourceIdentity': '*' },
      },
    },
  ],
})

const allow = (Action: readonly string[], Resource: readonly string[]) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action, Resource }],
})
