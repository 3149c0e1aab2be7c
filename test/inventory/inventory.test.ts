import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { makeReadPlace } from '../../server/aws/inventory.ts'
import { followInventory } from '../../server/catalog-follow.ts'
import { connectArn, type WrittenCatalog } from '../../server/core/catalog/catalog.ts'
import { inventoryStore } from '../../server/store/inventory.ts'
import { type Account, defineAccount, putRolePolicy } from '../lab/iam.ts'
import { type RdsControl, startRdsControl } from '../lab/rds-control.ts'
import {
  emptyWorld,
  makeCluster,
  makeInstance,
  makeProxy,
  type RdsCluster,
  type RdsWorld,
} from '../lab/rds-world.ts'
import { startSts, type Sts } from '../lab/sts.ts'
import { logOf, useStore } from '../store/store.ts'
import { ACCOUNT, REGION, written } from './found.ts'

const used = useStore()
const REGIONS = [
  ...['eu-west-1', 'eu-west-2', 'eu-west-3', 'eu-central-1', 'eu-north-1'],
  ...['us-east-1', 'us-east-2', 'us-west-1', 'us-west-2', 'ca-central-1'],
]
const EXTERNAL_ID = '6f0c1f0e-52a1-4c0e-9a54-2c9f2f0b7c11'
const ROLE = {
  arn: `arn:aws:iam::${ACCOUNT}:role/latchkey-inventory`,
  account: ACCOUNT,
  externalId: EXTERNAL_ID,
  regions: [REGION],
}
const ID = 'ABCDEFGHIJKL01234'

let account: Account
let world: RdsWorld
let rds: RdsControl
let sts: Sts

beforeAll(async () => {
  const allow = (Action: string[]) => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
  })
  account = defineAccount({
    id: ACCOUNT,
    regions: REGIONS,
    sealingKey: randomBytes(32),
    users: [
      {
        name: 'portal',
        accessKeyId: 'AKIADEMOPORTAL222222',
        secretAccessKey: 'secret',
        policies: [allow(['sts:AssumeRole'])],
      },
    ],
    roles: [
      {
        name: 'latchkey-inventory',
        trust: {
          Version: '2012-10-17',
          Statement: {
            Effect: 'Allow',
            Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/portal` },
            Action: 'sts:AssumeRole',
            Condition: { StringEquals: { 'sts:ExternalId': EXTERNAL_ID } },
          },
        },
        // More than it needs: what the portal asks for is what it gets.
        policies: { read: allow(['rds:*']) },
        maxSessionDuration: 3600,
      },
    ],
  })
  world = emptyWorld()
  rds = await startRdsControl({ account, world })
  sts = await startSts({ account })
})
afterAll(() => Promise.all([rds?.close(), sts?.close()]))

beforeEach(async () => {
  vi.stubEnv('AWS_ENDPOINT_URL_RDS', rds.url)
  vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.url)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIADEMOPORTAL222222')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret')
  Object.assign(world, emptyWorld())
  await used.store.pool.query('DELETE FROM inventory_place')
  await used.store.pool.query("UPDATE followed SET resource = NULL, endpoints = '{}'")
})
afterEach(() => {
  rds.mend()
  vi.unstubAllEnvs()
})

const soon = { sleep: async () => {}, random: () => 0.5 }
const read = (over: Partial<typeof ROLE> = {}, region = REGION) =>
  makeReadPlace(soon)({ ...ROLE, ...over }, region)

describe('one region is read', () => {
  beforeEach(() => {
    world.clusters.push(
      makeCluster({
        region: REGION,
        identifier: 'orders',
        resource: `cluster-${ID}`,
        dbname: 'orders',
        iam: true,
        iamPending: false,
        global: 'everywhere',
        tags: { latchkey: 'orders' },
      }),
    )
    world.instances.push(
      makeInstance({
        region: REGION,
        identifier: 'orders-1',
        resource: `db-${ID}1`,
        cluster: 'orders',
        writer: true,
      }),
      makeInstance({
        region: REGION,
        identifier: 'legacy',
        resource: `db-${ID}2`,
        engine: 'oracle-ee',
      }),
      makeInstance({
        region: REGION,
        identifier: 'papers',
        resource: `db-${ID}3`,
        engine: 'docdb',
      }),
      makeInstance({
        region: REGION,
        identifier: 'forged',
        resource: `db-${ID}4`,
        host: 'forged.evil.example.com',
      }),
      makeInstance({ region: REGION, identifier: 'short', resource: 'db-*' }),
    )
    world.clusterEndpoints.push({
      region: REGION,
      identifier: 'reports',
      cluster: 'orders',
      host: 'reports.cluster-custom-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com',
      status: 'available',
      type: 'READER',
      members: [],
      tags: {},
    })
    world.proxies.push(
      makeProxy({
        region: REGION,
        identifier: 'pool',
        resource: 'prx-0123456789abcdef0',
        tags: { app: 'x' },
      }),
    )
    world.globals.push({
      identifier: 'everywhere',
      resource: 'cluster-global1',
      engine: 'aurora-postgresql',
      engineVersion: '16.8',
      status: 'available',
      host: 'everywhere.global-c1a2b3c4d5e6.global.rds.amazonaws.com',
      members: [{ region: REGION, cluster: 'orders', writer: true }],
      tags: {},
    })
  })

  test('clusters with all their endpoints, instances, proxies with their tags; nothing that is no RDS endpoint', async () => {
    const { found, missing } = await read()

    expect(missing).toEqual([])
    const [orders] = found
    expect(orders).toMatchObject({
      kind: 'cluster',
      resource: `cluster-${ID}`,
      engine: 'aurora-postgresql',
      iam: { on: true, pending: false },
      tags: { latchkey: 'orders' },
      members: ['orders-1'],
      globalCluster: 'everywhere',
    })
    expect(orders?.endpoints.map(({ name, kind, port }) => `${name} ${kind} ${port}`)).toEqual([
      'writer writer 5432',
      'reader reader 5432',
      'reports custom 5432',
      'global global 5432',
    ])
    expect(
      found
        .slice(1)
        .map(({ kind, identifier, engine, endpoints }) => [
          kind,
          identifier,
          engine,
          endpoints.length,
        ]),
    ).toEqual([
      ['instance', 'forged', 'postgres', 0],
      ['instance', 'legacy', null, 1],
      ['instance', 'orders-1', 'postgres', 1],
      ['proxy', 'pool', 'postgres', 1],
    ])
    expect(found.at(-1)).toMatchObject({ iam: { on: true }, tags: { app: 'x' } })
  })

  test('what the role may not describe is named, and the rest is there', async () => {
    rds.forbid(REGION, 'rds:DescribeDBProxies')
    rds.forbid(REGION, 'rds:DescribeDBClusterEndpoints')
    rds.forbid(REGION, 'rds:DescribeGlobalClusters')
    const { found, missing } = await read()

    expect(missing).toEqual([
      'rds:DescribeDBClusterEndpoints',
      'rds:DescribeDBProxies',
      'rds:DescribeGlobalClusters',
    ])
    // The hosts of custom endpoints are also in the description of the cluster.
    expect(found[0]?.endpoints.map(({ name }) => name)).toEqual(['writer', 'reader', 'reports'])
  })

  test('a place that is forbidden as a whole, an external id that is wrong, and one that hangs are each told', async () => {
    rds.forbid(REGION)
    await expect(read()).rejects.toMatchObject({ reason: 'rds_access_denied' })
    await expect(read({ externalId: 'wrong' })).rejects.toMatchObject({
      reason: 'sts_access_denied',
    })
    rds.hang(REGION)
    const cut = makeReadPlace({ ...soon, deadline: 50 })(ROLE, REGION)
    await expect(cut).rejects.toMatchObject({ reason: 'rds_timeout', mend: expect.any(String) })
  })

  test('with a session that may only describe, whatever the role may', async () => {
    const role = account.roles.get(ROLE.arn)
    if (!role) throw new Error('there is no role')
    putRolePolicy(role, 'read', {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'rds:*', Resource: '*' }],
    })
    const { RDSClient, ModifyDBInstanceCommand } = await import('@aws-sdk/client-rds')
    let session = {} as { accessKeyId: string; secretAccessKey: string; sessionToken: string }
    await makeReadPlace({
      ...soon,
      rdsClient: (region, given) => {
        session = given
        return new RDSClient({ region, credentials: given })
      },
    })(ROLE, REGION)
    const wish = new ModifyDBInstanceCommand({
      DBInstanceIdentifier: 'legacy',
      EnableIAMDatabaseAuthentication: true,
    })

    await expect(
      new RDSClient({ region: REGION, credentials: session }).send(wish),
    ).rejects.toMatchObject({ name: 'AccessDenied' })
  })
})

/** As the process has it: everything around the catalog that is in force. */
function follow(catalog: WrittenCatalog, over: Parameters<typeof makeReadPlace>[0] = {}) {
  const warned: object[] = []
  const followed = followInventory({
    written: () => catalog,
    readPlace: makeReadPlace({ ...soon, ...over }),
    store: inventoryStore(used.store),
    warn: (details) => void warned.push(details),
  })
  return { ...followed, warned }
}
const ordersOf = ({ current }: ReturnType<typeof follow>) => current().databases.get('orders')
const events = async () =>
  (await logOf(used.store, 'catalog.followed')).map(({ payload_j }) => payload_j)
const addOrders = (over: Partial<RdsCluster> = {}) =>
  world.clusters.push(
    makeCluster({
      region: REGION,
      identifier: 'orders',
      resource: `cluster-${ID}`,
      dbname: 'orders',
      ...over,
    }),
  )

describe('a reference of the catalog', () => {
  test('is closed until RDS was read; then open, recorded once, and the same object as long as nothing changes', async () => {
    addOrders()
    const catalog = written('cluster: orders')
    const [one, other] = [follow(catalog), follow(catalog)]
    const before = (await events()).length
    await one.take(catalog)
    expect(ordersOf(one)).toBeUndefined()

    await one.lookNow()
    await other.followNow()
    const first = one.current()
    expect(connectArn(ordersOf(one)!, 'reader')).toContain(`cluster-${ID}/reader`)
    expect(other.current()).toEqual(first)
    expect((await events()).slice(before)).toMatchObject([
      { from: null, to: { resource: `cluster-${ID}` }, why: 'found' },
    ])

    await one.lookNow()
    await one.followNow()
    expect(one.current()).toBe(first)
    expect(await events()).toHaveLength(before + 1)
  })

  test('follows a restore with a new resource id, and an endpoint that was added', async () => {
    addOrders()
    const one = follow(written('cluster: orders'))
    await one.lookNow()
    const before = one.current()
    const told = (await events()).length

    world.clusters.length = 0
    addOrders({ resource: 'cluster-RESTORED987654321' })
    world.clusterEndpoints.push({
      region: REGION,
      identifier: 'reports',
      cluster: 'orders',
      host: 'reports.cluster-custom-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com',
      status: 'available',
      type: 'ANY',
      members: [],
      tags: {},
    })
    await one.lookNow()

    expect(one.current()).not.toBe(before)
    expect(ordersOf(one)).toMatchObject({
      resource: 'cluster-RESTORED987654321',
      endpoints: [{ name: 'writer' }, { name: 'reader' }, { name: 'reports' }],
    })
    expect((await events()).slice(told)).toMatchObject([
      { from: { resource: `cluster-${ID}` }, to: { resource: 'cluster-RESTORED987654321' } },
    ])
  })

  test('is closed when it is gone from RDS, and that is recorded', async () => {
    addOrders()
    const one = follow(written('cluster: orders'))
    await one.lookNow()
    world.clusters.length = 0
    await one.lookNow()

    expect(ordersOf(one)).toBeUndefined()
    expect(one.current().rules).toEqual([])
    expect((await events()).at(-1)).toMatchObject({ to: null, why: 'not_found' })
  })

  test('stays what it was while RDS cannot be read, also for a portal that starts then', async () => {
    addOrders()
    const catalog = written('cluster: orders')
    const one = follow(catalog)
    await one.lookNow()
    rds.forbid(REGION)
    await one.lookNow()
    const late = follow(catalog)
    await late.take(catalog)

    expect(ordersOf(late)).toMatchObject({ resource: `cluster-${ID}` })
    expect(late.inventory().places).toMatchObject([
      { readAt: expect.any(Date), fault: { code: 'rds_access_denied' }, count: 1 },
    ])
    expect(one.warned).toMatchObject([{ region: REGION, reason: 'rds_access_denied' }])
  })

  test('stays what it was while its list is refused and others are not', async () => {
    addOrders()
    const one = follow(written('cluster: orders'))
    await one.lookNow()
    rds.forbid(REGION, 'rds:DescribeDBClusters')
    await one.lookNow()

    expect(ordersOf(one)).toMatchObject({ resource: `cluster-${ID}` })
    expect(one.inventory().places).toMatchObject([{ missing: ['rds:DescribeDBClusters'] }])
  })

  test('does not come into force when it cannot be recorded', async () => {
    addOrders()
    const catalog = written('cluster: orders')
    const store = inventoryStore(used.store)
    const one = followInventory({
      written: () => catalog,
      readPlace: makeReadPlace(soon),
      store: { ...store, keepFollowed: () => Promise.reject(new Error('the log is full')) },
      warn: () => {},
    })

    await expect(one.lookNow()).rejects.toThrow('the log is full')
    expect(one.current().databases.size).toBe(0)
    expect(one.inventory().found).toHaveLength(1)
  })
})

test('2,000 databases in ten regions, throttled, two of them forbidden and one hanging: all others are there in time, and who is missing is said', async () => {
  for (const region of REGIONS)
    for (let n = 0; n < 200; n += 1)
      world.instances.push(
        makeInstance({ region, identifier: `db-${n}`, resource: `db-${ID}X${n}` }),
      )
  rds.throttle(1 / 3)
  rds.forbid('eu-west-2')
  rds.forbid('us-east-2')
  rds.hang('us-west-1')
  const catalog = { ...written('cluster: orders'), inventory: [{ ...ROLE, regions: REGIONS }] }
  // A twelfth of what it is in production, where all is over within a minute.
  const all = follow(catalog, {
    deadline: 4_000,
    sleep: (ms) => new Promise((go) => setTimeout(go, ms / 20)),
  })
  await all.lookNow()

  const { places, found } = all.inventory()
  expect(found).toHaveLength(1_400)
  expect(
    places.filter(({ fault }) => fault).map(({ region, fault }) => [region, fault?.code]),
  ).toEqual([
    ['eu-west-2', 'rds_access_denied'],
    ['us-east-2', 'rds_access_denied'],
    ['us-west-1', 'rds_timeout'],
  ])
  expect(places.filter(({ count }) => count === 200)).toHaveLength(7)
}, 30_000)
