import {
  DescribeCertificatesCommand,
  DescribeDBClusterEndpointsCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  DescribeDBProxiesCommand,
  DescribeDBProxyEndpointsCommand,
  DescribeGlobalClustersCommand,
  ListTagsForResourceCommand,
  ModifyDBClusterCommand,
  ModifyDBInstanceCommand,
  paginateDescribeDBInstances,
  RDSClient,
} from '@aws-sdk/client-rds'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Account, defineAccount, putRolePolicy } from './iam.ts'
import { type RdsControl, startRdsControl } from './rds-control.ts'
import { emptyWorld, makeCluster, makeInstance, makeProxy, type RdsWorld } from './rds-world.ts'
import { startSts, type Sts } from './sts.ts'

const ID = '111122223333'
const REGION = 'eu-west-1'
const allow = (Action: string | string[], Resource = '*') => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action, Resource }],
})
const user = (name: string, policy: object) => ({
  name,
  accessKeyId: `AKIADEMO${name.toUpperCase().padEnd(12, '2')}`,
  secretAccessKey: `secret/of+${name}`,
  policies: [policy],
})
const ADMINISTRATOR = user('administrator', allow('rds:*'))
const PORTAL = user('portal', allow('sts:AssumeRole'))

let account: Account
let world: RdsWorld
let rds: RdsControl
let sts: Sts
beforeEach(async () => {
  account = defineAccount({
    id: ID,
    regions: [REGION, 'eu-central-1'],
    sealingKey: randomBytes(32),
    users: [ADMINISTRATOR, PORTAL],
    roles: [
      {
        name: 'inventory',
        trust: {
          Version: '2012-10-17',
          Statement: {
            Effect: 'Allow',
            Principal: { AWS: `arn:aws:iam::${ID}:user/portal` },
            Action: 'sts:AssumeRole',
          },
        },
        policies: { read: allow(['rds:Describe*', 'rds:ListTagsForResource']) },
        maxSessionDuration: 3600,
      },
    ],
  })
  world = emptyWorld()
  rds = await startRdsControl({ account, world })
  sts = await startSts({ account })
})
afterEach(async () => {
  await rds.close()
  await sts.close()
})

type Keys = { accessKeyId: string; secretAccessKey: string; sessionToken?: string }
const client = (credentials: Keys = ADMINISTRATOR, region = REGION) =>
  new RDSClient({ endpoint: rds.url, region, credentials, maxAttempts: 1 })

async function inventorySession(): Promise<Keys> {
  const by = new STSClient({ endpoint: sts.url, region: REGION, credentials: PORTAL })
  const { Credentials: keys } = await by.send(
    new AssumeRoleCommand({
      RoleArn: `arn:aws:iam::${ID}:role/inventory`,
      RoleSessionName: 'latchkey',
    }),
  )
  return {
    accessKeyId: keys?.AccessKeyId ?? '',
    secretAccessKey: keys?.SecretAccessKey ?? '',
    sessionToken: keys?.SessionToken ?? '',
  }
}

describe('what is described', () => {
  beforeEach(() => {
    const region = REGION
    const tags = { latchkey: 'orders', 'a & b': '<c>' }
    world.clusters.push(
      makeCluster({ region, identifier: 'orders', resource: 'cluster-ABC', iam: true, tags }),
    )
    world.instances.push(
      makeInstance({ region, identifier: 'orders-1', cluster: 'orders', writer: true, iam: true }),
      makeInstance({ region, identifier: 'orders-2', cluster: 'orders', iam: true }),
      makeInstance({ region, identifier: 'legacy', engine: 'oracle-ee', port: 1521 }),
      makeInstance({ region: 'eu-central-1', identifier: 'shipments', dbname: 'shipments' }),
    )
    world.clusterEndpoints.push({
      region,
      identifier: 'reports',
      cluster: 'orders',
      host: 'reports.cluster-custom-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com',
      status: 'available',
      type: 'READER',
      members: ['orders-2'],
      tags: {},
    })
    world.proxies.push(makeProxy({ region, identifier: 'pool', resource: 'prx-0abc', tags }))
    world.proxyEndpoints.push({
      region,
      identifier: 'pool-reader',
      resource: 'prx-endpoint-0def',
      proxy: 'pool',
      host: 'pool-reader.endpoint.proxy-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com',
      status: 'available',
      target: 'READ_ONLY',
      isDefault: false,
      tags: {},
    })
    world.globals.push({
      identifier: 'everywhere',
      resource: 'cluster-global1',
      engine: 'aurora-postgresql',
      engineVersion: '16.8',
      status: 'available',
      host: 'everywhere.global-c1a2b3c4d5e6.global.rds.amazonaws.com',
      members: [{ region, cluster: 'orders', writer: true }],
      tags: {},
    })
    world.certificates.push({
      region,
      identifier: 'rds-ca-rsa2048-g1',
      thumbprint: '2fee7b3b',
      validFrom: '2021-05-21T23:00:00Z',
      validTill: '2061-05-21T23:00:00Z',
    })
  })

  test('an instance, with its endpoint, resource id, certificate authority and tags', async () => {
    const wish = new DescribeDBInstancesCommand({ DBInstanceIdentifier: 'SHIPMENTS' })
    const { DBInstances } = await client(ADMINISTRATOR, 'eu-central-1').send(wish)
    expect(DBInstances).toMatchObject([
      {
        DBInstanceIdentifier: 'shipments',
        DbiResourceId: 'db-SHIPMENTS',
        DBInstanceArn: `arn:aws:rds:eu-central-1:${ID}:db:shipments`,
        Engine: 'postgres',
        DBName: 'shipments',
        Endpoint: { Address: 'shipments.c1a2b3c4d5e6.eu-central-1.rds.amazonaws.com', Port: 5432 },
        IAMDatabaseAuthenticationEnabled: false,
        PubliclyAccessible: false,
        CertificateDetails: {
          CAIdentifier: 'rds-ca-rsa2048-g1',
          ValidTill: new Date('2061-05-21T00:00:00Z'),
        },
        VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-0123456789abcdef0', Status: 'active' }],
        TagList: [],
      },
    ])
  })

  test('a cluster, with its members, custom endpoints and tags as they are written', async () => {
    const { DBClusters } = await client().send(new DescribeDBClustersCommand({}))
    expect(DBClusters).toMatchObject([
      {
        DBClusterIdentifier: 'orders',
        DbClusterResourceId: 'cluster-ABC',
        Endpoint: 'orders.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com',
        ReaderEndpoint: 'orders.cluster-ro-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com',
        CustomEndpoints: ['reports.cluster-custom-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com'],
        Port: 5432,
        IAMDatabaseAuthenticationEnabled: true,
        DBClusterMembers: [
          { DBInstanceIdentifier: 'orders-1', IsClusterWriter: true },
          { DBInstanceIdentifier: 'orders-2', IsClusterWriter: false },
        ],
        TagList: [
          { Key: 'latchkey', Value: 'orders' },
          { Key: 'a & b', Value: '<c>' },
        ],
      },
    ])
  })

  test('cluster endpoints: writer and reader without a name, the custom one with it', async () => {
    const { DBClusterEndpoints } = await client().send(new DescribeDBClusterEndpointsCommand({}))
    expect(
      DBClusterEndpoints?.map((it) => [it.EndpointType, it.DBClusterEndpointIdentifier]),
    ).toEqual([
      ['WRITER', undefined],
      ['READER', undefined],
      ['CUSTOM', 'reports'],
    ])
    expect(DBClusterEndpoints?.[2]?.StaticMembers).toEqual(['orders-2'])
  })

  test('proxies and their endpoints, whose tags are asked for by ARN', async () => {
    const { DBProxies } = await client().send(new DescribeDBProxiesCommand({}))
    expect(DBProxies).toMatchObject([
      {
        DBProxyName: 'pool',
        DBProxyArn: `arn:aws:rds:${REGION}:${ID}:db-proxy:prx-0abc`,
        RequireTLS: true,
        Auth: [{ IAMAuth: 'REQUIRED' }],
      },
    ])
    const { DBProxyEndpoints } = await client().send(new DescribeDBProxyEndpointsCommand({}))
    expect(DBProxyEndpoints).toMatchObject([{ DBProxyName: 'pool', TargetRole: 'READ_ONLY' }])
    const ResourceName = DBProxies?.[0]?.DBProxyArn
    const { TagList } = await client().send(new ListTagsForResourceCommand({ ResourceName }))
    expect(TagList).toContainEqual({ Key: 'latchkey', Value: 'orders' })
  })

  test('global clusters from any region, certificates of this one', async () => {
    const far = client(ADMINISTRATOR, 'eu-central-1')
    const { GlobalClusters } = await far.send(new DescribeGlobalClustersCommand({}))
    expect(GlobalClusters?.[0]?.GlobalClusterMembers).toEqual([
      { DBClusterArn: `arn:aws:rds:${REGION}:${ID}:cluster:orders`, IsWriter: true },
    ])
    const { Certificates } = await client().send(new DescribeCertificatesCommand({}))
    expect(Certificates?.map((it) => it.ValidTill?.getUTCFullYear())).toEqual([2061])
    expect((await far.send(new DescribeCertificatesCommand({}))).Certificates).toEqual([])
  })

  test('by filters, and what is no filter is refused', async () => {
    const members = { Name: 'db-cluster-id', Values: ['orders'] }
    const { DBInstances } = await client().send(
      new DescribeDBInstancesCommand({ Filters: [members] }),
    )
    expect(DBInstances?.map((it) => it.DBInstanceIdentifier)).toEqual(['orders-1', 'orders-2'])
    const wrong = new DescribeDBInstancesCommand({ Filters: [{ Name: 'name', Values: ['x'] }] })
    await expect(client().send(wrong)).rejects.toMatchObject({ name: 'InvalidParameterValue' })
  })

  test.each([
    [new DescribeDBInstancesCommand({ DBInstanceIdentifier: 'x' }), 'DBInstanceNotFoundFault'],
    [new DescribeDBClustersCommand({ DBClusterIdentifier: 'x' }), 'DBClusterNotFoundFault'],
    [new DescribeDBProxiesCommand({ DBProxyName: 'x' }), 'DBProxyNotFoundFault'],
    [
      new DescribeGlobalClustersCommand({ GlobalClusterIdentifier: 'x' }),
      'GlobalClusterNotFoundFault',
    ],
  ])('what is not there has the SDK’s own error for it: %#', async (command, name) => {
    await expect(client().send(command as DescribeDBInstancesCommand)).rejects.toMatchObject({
      name,
      $metadata: { httpStatusCode: 404 },
    })
  })
})

describe('page by page', () => {
  test('all of them once, also when one goes meanwhile', async () => {
    for (let n = 0; n < 250; n += 1)
      world.instances.push(makeInstance({ region: REGION, identifier: `db-${1000 + n}` }))
    const seen: string[] = []
    const pages = paginateDescribeDBInstances({ client: client(), pageSize: 100 }, {})
    const sizes: number[] = []
    for await (const { DBInstances = [] } of pages) {
      sizes.push(DBInstances.length)
      seen.push(...DBInstances.map((it) => it.DBInstanceIdentifier ?? ''))
      world.instances.splice(0, 1)
    }
    expect(sizes).toEqual([100, 100, 50])
    expect(new Set(seen).size).toBe(250)
  })

  test.each([19, 101])('a page of %i is refused', async (MaxRecords) => {
    await expect(
      client().send(new DescribeDBInstancesCommand({ MaxRecords })),
    ).rejects.toMatchObject({ name: 'InvalidParameterValue' })
  })
})

describe('who may', () => {
  const instances = new DescribeDBInstancesCommand({})
  const denied = { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } }

  test('a session of a role that may describe, and it may not modify', async () => {
    world.instances.push(makeInstance({ region: REGION, identifier: 'one' }))
    const session = client(await inventorySession())
    expect((await session.send(instances)).DBInstances).toHaveLength(1)
    const change = { DBInstanceIdentifier: 'one', EnableIAMDatabaseAuthentication: true }
    await expect(session.send(new ModifyDBInstanceCommand(change))).rejects.toMatchObject({
      ...denied,
      message: `User: arn:aws:sts::${ID}:assumed-role/inventory/latchkey is not authorized to perform: rds:ModifyDBInstance on resource: arn:aws:rds:${REGION}:${ID}:db:one because no identity-based policy allows the rds:ModifyDBInstance action`,
    })
    expect(world.instances[0]?.iam).toBe(false)
  })

  test('nothing once the role’s policy is narrower, for the same session', async () => {
    const session = client(await inventorySession())
    await session.send(instances)
    const role = account.roles.get(`arn:aws:iam::${ID}:role/inventory`)
    if (!role) throw new Error('there is no role')
    putRolePolicy(role, 'read', allow('rds:DescribeDBClusters'))
    await expect(session.send(instances)).rejects.toMatchObject(denied)
    await expect(session.send(new DescribeDBClustersCommand({}))).resolves.toBeDefined()
  })

  test('not the portal’s own user, nor a key that nobody has', async () => {
    await expect(client(PORTAL).send(instances)).rejects.toMatchObject(denied)
    const unknown = { accessKeyId: 'AKIADEMOX', secretAccessKey: 'x' }
    await expect(client(unknown).send(instances)).rejects.toMatchObject({
      name: 'InvalidClientTokenId',
    })
  })
})

describe('IAM authentication is turned', () => {
  beforeEach(() => {
    world.instances.push(
      makeInstance({ region: REGION, identifier: 'alone' }),
      makeInstance({ region: REGION, identifier: 'orders-1', cluster: 'orders' }),
      makeInstance({ region: REGION, identifier: 'legacy', engine: 'oracle-ee' }),
      makeInstance({ region: REGION, identifier: 'asleep', status: 'stopped' }),
    )
    world.clusters.push(makeCluster({ region: REGION, identifier: 'orders' }))
  })
  const turn = (DBInstanceIdentifier: string, ApplyImmediately: boolean) =>
    client().send(
      new ModifyDBInstanceCommand({
        DBInstanceIdentifier,
        EnableIAMDatabaseAuthentication: true,
        ApplyImmediately,
      }),
    )

  test('at the next maintenance window, and at once where that is asked', async () => {
    expect((await turn('alone', false)).DBInstance).toMatchObject({
      IAMDatabaseAuthenticationEnabled: false,
      PendingModifiedValues: { IAMDatabaseAuthenticationEnabled: true },
    })
    const { DBInstance } = await turn('alone', true)
    expect(DBInstance?.IAMDatabaseAuthenticationEnabled).toBe(true)
    expect(DBInstance?.PendingModifiedValues).toEqual({})
  })

  test('of a cluster, and of its instances with it', async () => {
    const { DBCluster } = await client().send(
      new ModifyDBClusterCommand({
        DBClusterIdentifier: 'orders',
        EnableIAMDatabaseAuthentication: true,
        ApplyImmediately: true,
      }),
    )
    expect(DBCluster?.IAMDatabaseAuthenticationEnabled).toBe(true)
    expect(world.instances.map(({ iam }) => iam)).toEqual([false, true, false, false])
  })

  test.each([
    ['of one member alone', 'orders-1', 'InvalidParameterCombination'],
    ['of an engine that has none', 'legacy', 'InvalidParameterCombination'],
    ['of one that is stopped', 'asleep', 'InvalidDBInstanceStateFault'],
    ['of one that is not there', 'x', 'DBInstanceNotFoundFault'],
  ])('not %s', async (_, name, error) => {
    await expect(turn(name, true)).rejects.toMatchObject({ name: error })
    expect(world.instances.some(({ iam, iamPending }) => iam || iamPending)).toBe(false)
  })

  test('and no other change is taken', async () => {
    const change = { DBInstanceIdentifier: 'alone', DeletionProtection: true }
    await expect(client().send(new ModifyDBInstanceCommand(change))).rejects.toMatchObject({
      name: 'ValidationError',
    })
  })
})

describe('on request', () => {
  const instances = new DescribeDBInstancesCommand({})

  test('a third of the calls is throttled, and the SDK’s own patience gets through', async () => {
    rds.throttle(1 / 3)
    const answers = await Promise.allSettled(
      Array.from({ length: 9 }, () => client().send(instances)),
    )
    const refused = answers.filter(({ status }) => status === 'rejected')
    expect(refused).toHaveLength(3)
    expect(refused).toContainEqual({
      status: 'rejected',
      reason: expect.objectContaining({ name: 'Throttling' }),
    })
    const patient = new RDSClient({ endpoint: rds.url, region: REGION, credentials: ADMINISTRATOR })
    for (let n = 0; n < 3; n += 1) await patient.send(instances)
    rds.mend()
  })

  test('a region is forbidden, or one action in it', async () => {
    rds.forbid('eu-central-1')
    rds.forbid(REGION, 'rds:DescribeDBProxies')
    const denied = {
      name: 'AccessDenied',
      message: expect.stringMatching(/explicit deny in a service control policy$/),
    }
    const proxies = new DescribeDBProxiesCommand({})
    await expect(client(ADMINISTRATOR, 'eu-central-1').send(instances)).rejects.toMatchObject(
      denied,
    )
    await expect(client().send(proxies)).rejects.toMatchObject(denied)
    await expect(client().send(instances)).resolves.toBeDefined()
    rds.mend()
    await expect(client().send(proxies)).resolves.toBeDefined()
  })

  test('a region hangs until the client gives up', async () => {
    rds.hang('eu-central-1')
    const sent = client(ADMINISTRATOR, 'eu-central-1').send(instances, {
      abortSignal: AbortSignal.timeout(100),
    })
    await expect(sent).rejects.toMatchObject({ name: 'AbortError' })
    await expect(client().send(instances)).resolves.toBeDefined()
  })
})
