import pg from 'pg'
import { ACCOUNT_ID, ROLES, roleArn } from './account.ts'
import { DATABASES, type LabDatabase } from './databases.ts'
import { type Account, putRolePolicy, readPolicy, type Role } from './iam.ts'
import { allow, trustUser } from './policy-documents.ts'
import type { Postgres } from './postgres.ts'
import { makeCluster, makeInstance, type RdsWorld } from './rds-world.ts'

/** What goes wrong in real accounts, each for the database `orders`, so that the diagnosis has something to find. */
export const BREAKS = [
  'expired-ca',
  'no-rds-iam',
  'iam-off',
  'wrong-region',
  'role-trust',
  'session-policy',
  'clock',
] as const
export type Break = (typeof BREAKS)[number]

export const isBreak = (name: string): name is Break => (BREAKS as readonly string[]).includes(name)

export type Damage = {
  /** One line for the person who asked for it. */
  says: string
  /** `orders` as the catalog writes it and as its doors answer to, where that is not the usual. */
  orders?: LabDatabase
  /** Its doors show a certificate that has expired. */
  expired?: true
  /** Milliseconds by which AWS's clock is ahead of the portal's. */
  ahead?: number
  account?(account: Account): void
  world?(world: RdsWorld): void
  postgres?(postgres: Postgres): Promise<void>
}

const ORDERS = DATABASES.find(({ name }) => name === 'orders') as LabDatabase
const GLOBAL_HOST = 'orders-global.global-c1a2b3c4d5e6.global.rds.amazonaws.com'
const FAR = { region: 'eu-central-1', resource: 'cluster-SWITCHEDOVERKLM45678' }
const RESTORED = 'cluster-RESTOREDHIJKLM90123'

export const DAMAGES: Readonly<Record<Break, Damage>> = {
  'expired-ca': {
    says: 'The certificate that orders shows has expired.',
    expired: true,
  },
  'no-rds-iam': {
    says: 'The database users of orders have lost rds_iam.',
    async postgres(postgres) {
      const client = new pg.Client(postgres.config)
      await client.connect()
      await client.query('revoke rds_iam from orders_reader, orders_writer')
      await client.end()
    },
  },
  'iam-off': {
    says: 'IAM authentication of the cluster orders is off.',
    world(world) {
      for (const it of [...world.clusters, ...world.instances])
        if (it.identifier === 'orders' || ('cluster' in it && it.cluster === 'orders'))
          it.iam = false
    },
  },
  'wrong-region': {
    says: 'orders was switched over to eu-central-1, and the catalog still signs for eu-west-1.',
    orders: {
      ...ORDERS,
      endpoints: ORDERS.endpoints.map((it) =>
        it.name === 'writer' ? { ...it, host: GLOBAL_HOST } : it,
      ),
    },
    world: switchOver,
    // The new cluster was thought of in IAM: only the region is wrong.
    account(account) {
      const users = ['orders_reader', 'orders_writer']
      const arns = users.map(
        (user) => `arn:aws:rds-db:${FAR.region}:${ACCOUNT_ID}:dbuser:${FAR.resource}/${user}`,
      )
      putRolePolicy(payments(account), 'connect-after-switchover', allow(['rds-db:connect'], arns))
    },
  },
  'role-trust': {
    says: 'The role of payments no longer trusts the portal to say for whom it asks.',
    account(account) {
      const portal = `arn:aws:iam::${ACCOUNT_ID}:user/portal`
      const trust = trustUser(portal, ROLES.payments.externalId, ['sts:AssumeRole'])
      payments(account).trust = readPolicy(JSON.stringify(trust), 'trust')
    },
  },
  'session-policy': {
    says: 'orders was restored as a new cluster, and the role of payments still names the old one.',
    orders: { ...ORDERS, resource: RESTORED },
    world(world) {
      for (const it of world.clusters) if (it.identifier === 'orders') it.resource = RESTORED
    },
  },
  clock: {
    says: 'The clock of AWS is 20 minutes ahead of the portal’s.',
    ahead: 20 * 60_000,
  },
}

function payments(account: Account): Role {
  const role = account.roles.get(roleArn('payments'))
  if (!role) throw new Error('the lab has no role of payments')
  return role
}

/** A global database: what was the writer now only reads, in its region as before. */
function switchOver(world: RdsWorld): void {
  const near = world.clusters.find(({ identifier }) => identifier === 'orders')
  if (!near) throw new Error('the lab has no cluster orders')
  const { engineVersion, dbname } = near
  near.global = 'orders-global'
  world.clusters.push(
    makeCluster({
      ...FAR,
      identifier: 'orders',
      engineVersion,
      dbname,
      iam: true,
      global: near.global,
    }),
  )
  world.instances.push(
    makeInstance({
      region: FAR.region,
      identifier: 'orders-1',
      engine: near.engine,
      engineVersion,
      dbname,
      cluster: 'orders',
      writer: true,
      iam: true,
    }),
  )
  for (const it of world.instances)
    if (it.region === near.region && it.cluster === 'orders') it.writer = false
  world.globals.push({
    identifier: near.global,
    resource: 'cluster-0a1b2c3d4e5f6789',
    engine: near.engine,
    engineVersion,
    status: 'available',
    host: GLOBAL_HOST,
    members: [
      { region: FAR.region, cluster: 'orders', writer: true },
      { region: near.region, cluster: 'orders', writer: false },
    ],
    tags: {},
  })
}
