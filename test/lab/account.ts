import { randomBytes } from 'node:crypto'
import { type Account, defineAccount } from './iam.ts'
import { DATABASES, INVOICES } from './databases.ts'
import { keepFile } from './kept-file.ts'
import { allow, trustUser } from './policy-documents.ts'
import { makeAccessKeyId, makeSecretAccessKey } from './sealed-session.ts'

/** The account number that AWS's own documentation uses for examples. */
export const ACCOUNT_ID = '111122223333'

/** The teams' roles, and the external id by which each knows the portal. */
export const ROLES = {
  payments: { name: 'latchkey-payments', externalId: '6f0c1f0e-52a1-4c0e-9a54-2c9f2f0b7c11' },
  logistics: { name: 'latchkey-logistics', externalId: '0b7d5a34-8f6e-4c59-b3f0-5d1c2e7a9e40' },
} as const

export const roleArn = (team: keyof typeof ROLES) =>
  `arn:aws:iam::${ACCOUNT_ID}:role/${ROLES[team].name}`

/** The role by which the portal reads what there is: databases in RDS, and policies in IAM. */
export const INVENTORY_ROLE = `arn:aws:iam::${ACCOUNT_ID}:role/latchkey-inventory`
export const INVENTORY_EXTERNAL_ID = '3d1f4a86-90c7-4b51-8f0d-7a6b2c95e3f8'

type UserKeys = { accessKeyId: string; secretAccessKey: string }
export type LabKeys = UserKeys & {
  sealingKey: string
  /** Of the user who sets up: the portal is never told. */
  administrator?: UserKeys
}

const makeUserKeys = (): UserKeys => ({
  accessKeyId: makeAccessKeyId('AKIA'),
  secretAccessKey: makeSecretAccessKey(),
})

/** Long-lived keys and the key that seals sessions: the same after a restart. */
export async function keepKeys(home: string): Promise<LabKeys & { administrator: UserKeys }> {
  const text = await keepFile(home, 'aws.json', () =>
    JSON.stringify({ ...makeUserKeys(), sealingKey: randomBytes(32).toString('base64') }),
  )
  const administrator = await keepFile(home, 'aws-administrator.json', () =>
    JSON.stringify(makeUserKeys()),
  )
  return {
    ...(JSON.parse(text) as LabKeys),
    administrator: JSON.parse(administrator) as UserKeys,
  }
}

/**
 * The account that the demo's portal works in: its user may do nothing but assume the roles of the teams and of the inventory.
 * Whoever sets up is another user, who may change IAM and RDS, and opens no database.
 */
export function demoAccount({ administrator, ...keys }: LabKeys): Account {
  const { accessKeyId, secretAccessKey } = keys
  return defineAccount({
    id: ACCOUNT_ID,
    regions: [...new Set(DATABASES.map(({ region }) => region))],
    sealingKey: Buffer.from(keys.sealingKey, 'base64'),
    users: [
      {
        name: 'portal',
        accessKeyId,
        secretAccessKey,
        policies: [
          allow(
            ['sts:AssumeRole', 'sts:SetSourceIdentity'],
            [`arn:aws:iam::${ACCOUNT_ID}:role/latchkey-*`],
          ),
        ],
      },
      ...(administrator
        ? [
            {
              name: 'administrator',
              ...administrator,
              policies: [allow(['iam:*', 'rds:*'], ['*'])],
            },
          ]
        : []),
    ],
    roles: [
      makeRole('payments', [
        ...arnsOf(['orders', 'orders-staging'], ['orders_reader', 'orders_writer']),
        ...arnsOf(['invoices'], ['invoices_reader', 'invoices_writer']),
      ]),
      makeRole('logistics', arnsOf(['shipments'], ['shipments_reader', 'shipments_writer'])),
      {
        name: 'latchkey-inventory',
        trust: trustUser(PORTAL, INVENTORY_EXTERNAL_ID),
        policies: {
          'describe-databases': allow(['rds:Describe*', 'rds:ListTagsForResource'], ['*']),
          'read-policies': allow(
            ['iam:Get*', 'iam:ListRolePolicies', 'iam:ListAttachedRolePolicies', SIMULATE],
            ['*'],
          ),
        },
        maxSessionDuration: 3600,
      },
    ],
  })
}

const PORTAL = `arn:aws:iam::${ACCOUNT_ID}:user/portal`
const SIMULATE = 'iam:SimulatePrincipalPolicy'

const arnsOf = (databases: string[], users: string[]) =>
  [...DATABASES, INVOICES]
    .filter(({ name }) => databases.includes(name))
    .flatMap(({ region, resource }) =>
      users.map((user) => `arn:aws:rds-db:${region}:${ACCOUNT_ID}:dbuser:${resource}/${user}`),
    )

/** Nobody gets in without the portal's external id, and without saying for whom. */
function makeRole(team: keyof typeof ROLES, arns: string[]) {
  const { name, externalId } = ROLES[team]
  return {
    name,
    trust: trustUser(PORTAL, externalId, undefined, { 'sts:SourceIdentity': '*' }),
    policies: { 'connect-to-databases': allow(['rds-db:connect'], arns) },
    maxSessionDuration: 3600,
  }
}
