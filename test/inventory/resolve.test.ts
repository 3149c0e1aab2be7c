import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { termsOf } from '../../server/core/access/policy.ts'
import { connectArn } from '../../server/core/catalog/catalog.ts'
import { findRule } from '../../server/core/catalog/rule-lookup.ts'
import { differencesOf } from '../../server/core/inventory/differences.ts'
import type { Found, Inventory } from '../../server/core/inventory/found.ts'
import { resolveCatalog } from '../../server/core/inventory/resolve.ts'
import { aCluster, anInstance, aPlace, holding, written } from './found.ts'

const resolve = (database: string, inventory: Inventory) =>
  resolveCatalog(written(database), inventory)
const ordersOf = (database: string, found: readonly Found[]) =>
  resolve(database, holding(found)).catalog.databases.get('orders')
const HOST = 'orders.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com'
const READER = 'orders.cluster-ro-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com'
const CUSTOM = 'reports.cluster-custom-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com'
const WHOLE = `engine: aurora-postgresql
resource: cluster-ABCDEFGHIJKL01234
dbname: orders
endpoints: { writer: "${HOST}:5432" }`

describe('a database that follows a cluster', () => {
  test('has engine, resource, database and endpoints as RDS has them', () => {
    expect(ordersOf('cluster: orders', [aCluster()])).toEqual({
      name: 'orders',
      engine: 'aurora-postgresql',
      account: '111122223333',
      region: 'eu-west-1',
      partition: 'aws',
      resource: 'cluster-ABCDEFGHIJKL01234',
      dbname: 'orders',
      environment: null,
      description: null,
      tags: [],
      endpoints: [
        {
          name: 'writer',
          kind: 'writer',
          signing: { host: HOST, port: 5432 },
          dial: { host: HOST, port: 5432 },
        },
        {
          name: 'reader',
          kind: 'reader',
          signing: { host: READER, port: 5432 },
          dial: { host: READER, port: 5432 },
        },
      ],
    })
  })

  test('gets a custom endpoint that was added in RDS', () => {
    const cluster = aCluster()
    const custom = { name: 'reports', kind: 'custom', host: CUSTOM, port: 5432 } as const
    const grown = { ...cluster, endpoints: [...cluster.endpoints, custom] }

    expect(
      ordersOf('cluster: orders', [grown])?.endpoints.map(({ name, kind }) => [name, kind]),
    ).toEqual([
      ['writer', 'writer'],
      ['reader', 'reader'],
      ['reports', 'custom'],
    ])
  })

  test('keeps the names and tunnels that are written, and comes to the others by itself', () => {
    const lines = `cluster: orders
endpoints:
  reader: { host: "${HOST}:5432", dial: "localhost:15432" }`

    expect(ordersOf(lines, [aCluster()])?.endpoints).toMatchObject([
      { name: 'reader', signing: { host: HOST }, dial: { host: 'localhost', port: 15432 } },
      { name: 'reader-2', signing: { host: READER }, dial: { host: READER } },
    ])
  })

  test('may be reached by one of its instances', () => {
    const member = anInstance({ identifier: 'orders-1', cluster: 'orders' })
    const host = member.endpoints[0]?.host ?? ''
    const lines = `cluster: orders\nendpoints: { first: "${host}:5432" }`

    expect(ordersOf(lines, [aCluster(), member])?.endpoints[0]).toMatchObject({
      name: 'first',
      kind: 'instance',
      signing: { host },
    })
  })

  test('is signed for the new resource after a restore, and what was approved for the old one does not count', () => {
    const catalog = written('cluster: orders')
    const before = resolveCatalog(catalog, holding([aCluster()])).catalog
    const old = termsOf(before, { team: 'payments', database: 'orders', user: 'writer' })
    const restored = aCluster({ resource: 'cluster-RESTORED9999999' })
    const after = resolveCatalog(catalog, holding([restored])).catalog

    expect(connectArn(after.databases.get('orders')!, 'writer')).toBe(
      'arn:aws:rds-db:eu-west-1:111122223333:dbuser:cluster-RESTORED9999999/writer',
    )
    expect(termsOf(after, { team: 'payments', database: 'orders', user: 'writer' })).not.toBe(old)
    expect(termsOf(before, { team: 'payments', database: 'orders', user: 'writer' })).toBe(old)
  })
})

test('a tag finds its cluster, though the instances of the cluster have the tag too', () => {
  const member = anInstance({ identifier: 'orders-1', cluster: 'orders', tags: { app: 'x' } })
  const found = [aCluster({ tags: { app: 'x', stage: 'live' } }), member]

  expect(ordersOf('find: { tag: { app: x, stage: live } }', found)?.resource).toBe(
    'cluster-ABCDEFGHIJKL01234',
  )
  expect(ordersOf('find: { tag: { app: x } }', found)?.resource).toBe('cluster-ABCDEFGHIJKL01234')
})

describe('a proxy', () => {
  const proxy = aCluster({
    kind: 'proxy',
    identifier: 'pool',
    resource: 'prx-0123456789abcdef0',
    engine: 'postgres',
    dbname: null,
    endpoints: [
      {
        name: 'proxy',
        kind: 'proxy',
        host: 'pool.proxy-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com',
        port: 5432,
      },
    ],
  })

  test('is followed once the catalog says which database is behind it, of whatever engine of its family', () => {
    const lines = 'proxy: pool\ndbname: orders\nengine: aurora-postgresql'
    expect(ordersOf(lines, [proxy])).toMatchObject({
      engine: 'aurora-postgresql',
      resource: 'prx-0123456789abcdef0',
    })
  })

  test('of the other family contradicts the catalog', () => {
    const { unresolved } = resolve('proxy: pool\ndbname: x\nengine: mysql', holding([proxy]))
    expect(unresolved).toMatchObject([{ code: 'contradicted' }])
  })
})

describe('is closed, with the reason, and its rules give nothing', () => {
  const lone = 'cluster: orders'
  test.each<[string, string, Inventory, string, RegExp]>([
    [
      'a place that was never read',
      lone,
      holding([], { readAt: null }),
      'never_read',
      /Read RDS now/,
    ],
    ['a place of another region', lone, { places: [], found: [] }, 'never_read', /minutes/],
    ['nothing of that name', lone, holding([]), 'not_found', /deleted or renamed/],
    [
      'nothing of that name, as far as it could be read',
      lone,
      holding([], { missing: ['rds:DescribeDBClusters'] }),
      'not_found',
      /Allow the role of inventory rds:DescribeDBClusters/,
    ],
    ['one in another account', lone, holding([aCluster({ account: '9' })]), 'not_found', /Mend/],
    [
      'an instance of that name',
      lone,
      holding([anInstance({ identifier: 'orders' })]),
      'not_found',
      /./,
    ],
    [
      'two with the tag',
      'find: { tag: { app: x } }',
      holding([
        aCluster({ tags: { app: 'x' } }),
        aCluster({ identifier: 'orders-old', tags: { app: 'x' } }),
      ]),
      'ambiguous',
      /Name one of them/,
    ],
    [
      'a tag that every object has',
      'find: { tag: { constructor: x } }',
      holding([aCluster()]),
      'not_found',
      /./,
    ],
    [
      'an instance of a cluster',
      'instance: orders-1',
      holding([anInstance({ identifier: 'orders-1', cluster: 'orders' })]),
      'unfit',
      /cluster: orders/,
    ],
    ['an engine without tokens', lone, holding([aCluster({ engine: null })]), 'unfit', /MariaDB/],
    [
      'no database that RDS knows of',
      lone,
      holding([aCluster({ dbname: null })]),
      'incomplete',
      /dbname/,
    ],
    ['no endpoint yet', lone, holding([aCluster({ endpoints: [] })]), 'incomplete', /available/],
    [
      'another resource than is written',
      `${lone}\nresource: cluster-OTHER00000000`,
      holding([aCluster()]),
      'contradicted',
      /Take resource out/,
    ],
    [
      'another engine',
      `${lone}\nengine: postgres`,
      holding([aCluster()]),
      'contradicted',
      /engine/,
    ],
    [
      'an endpoint that RDS does not have',
      `${lone}\nendpoints: { writer: "${HOST.replace('c1a2', 'c9z8')}:5432" }`,
      holding([aCluster()]),
      'contradicted',
      /endpoint/,
    ],
    [
      'an endpoint with another port',
      `${lone}\nendpoints: { writer: "${HOST}:5433" }`,
      holding([aCluster()]),
      'contradicted',
      /endpoint/,
    ],
  ])('%s', (_, lines, inventory, code, mend) => {
    const { catalog, unresolved } = resolve(lines, inventory)

    expect(unresolved).toMatchObject([{ database: 'orders', code }])
    expect(unresolved[0]?.mend).toMatch(mend)
    expect(catalog.databases.size).toBe(0)
    expect(findRule(catalog, 'payments', 'orders', 'reader')).toBeUndefined()
  })

  test('a database user that the engine cannot have', () => {
    const catalog = written('cluster: orders\ndbname: orders')
    const long = {
      ...catalog,
      rules: catalog.rules.map((rule) => ({ ...rule, user: 'x'.repeat(33) })),
    }
    const { unresolved } = resolveCatalog(long, holding([aCluster({ engine: 'aurora-mysql' })]))

    expect(unresolved).toMatchObject([
      { code: 'unfit', why: expect.stringMatching(/33 characters/) },
    ])
  })
})

test('a catalog that follows nothing stays the very same object', () => {
  const catalog = written(WHOLE)
  expect(resolveCatalog(catalog, holding([aCluster()])).catalog).toBe(catalog)
})

test('whatever RDS says, a database that is open is one thing of RDS, whole, and no rule is without its database', () => {
  const text = fc.constantFrom('orders', 'orders-1', 'pool')
  const thing = fc.record({
    kind: fc.constantFrom('instance', 'cluster', 'proxy'),
    identifier: text,
    cluster: fc.option(text),
    engine: fc.constantFrom('postgres', 'aurora-postgresql', 'mysql', null),
    dbname: fc.option(fc.constant('orders')),
    resource: fc.constantFrom('db-AAAAAAAAAA', 'cluster-BBBBBBBBBB', 'prx-cccccccccc'),
    tags: fc.dictionary(fc.constantFrom('app', 'latchkey'), text, { maxKeys: 2 }),
  })
  const lines = fc.constantFrom(
    'cluster: orders',
    'instance: orders-1',
    'proxy: pool',
    'find: { tag: { latchkey: orders } }',
    'cluster: orders\nengine: aurora-postgresql',
    WHOLE,
  )
  const read = fc.option(fc.constant(new Date(0)))
  fc.assert(
    fc.property(lines, fc.array(thing, { maxLength: 6 }), read, (database, things, readAt) => {
      const catalog = written(database)
      const found = things.map((over) => aCluster(over as Partial<Found>))
      const inventory = { places: [aPlace({ readAt })], found }
      const resolved = resolveCatalog(catalog, inventory)
      const again = resolveCatalog(catalog, inventory)

      expect(again).toEqual(resolved)
      const names = [
        ...resolved.catalog.databases.keys(),
        ...resolved.unresolved.map((each) => each.database),
      ]
      expect(names).toEqual(['orders'])
      for (const rule of resolved.catalog.rules)
        expect(resolved.catalog.databases.has(rule.database)).toBe(true)
      for (const [name, from] of resolved.followed) {
        const { resource, endpoints } = resolved.catalog.databases.get(name)!
        expect(found).toContain(from)
        expect(resource).toBe(from.resource)
        expect(endpoints.map(({ signing }) => signing.host)).toEqual(
          from.endpoints.map(({ host }) => host),
        )
      }
    }),
    { numRuns: 300 },
  )
})

describe('of a database that is written whole, what RDS says otherwise is told', () => {
  const differences = (lines: string, inventory: Inventory) =>
    differencesOf(written(lines), inventory).map(({ why, mend }) => `${why} ${mend}`)

  test('nothing where they agree, or where nobody looked', () => {
    expect(differences(WHOLE, holding([aCluster()]))).toEqual([])
    expect(differences(WHOLE, holding([], { readAt: null }))).toEqual([])
    expect(differences(WHOLE, holding([], { missing: ['rds:DescribeDBClusters'] }))).toEqual([])
  })

  test.each<[string, Found[], RegExp]>([
    [
      'a restore',
      [aCluster({ resource: 'cluster-RESTORED9999999' })],
      /write resource: cluster-RESTORED9999999, or follow it by cluster: orders/,
    ],
    ['gone', [], /no cluster-ABCDEFGHIJKL01234 in eu-west-1 .*deleted/],
    ['another engine', [aCluster({ engine: 'aurora-mysql' })], /RDS says aurora-mysql/],
    ['another endpoint', [aCluster({ endpoints: [] })], /none that RDS has for the cluster orders/],
    [
      'another port',
      [aCluster({ endpoints: [{ name: 'writer', kind: 'writer', host: HOST, port: 6000 }] })],
      /Write the port 6000/,
    ],
    [
      'the endpoint of something else',
      [
        aCluster({ endpoints: [] }),
        aCluster({
          identifier: 'new',
          resource: 'cluster-NEW000000000',
          endpoints: [{ name: 'writer', kind: 'writer', host: HOST, port: 5432 }],
        }),
      ],
      /that of the cluster new, not of cluster-ABCDEFGHIJKL01234/,
    ],
  ])('%s', (_, found, words) => {
    expect(differences(WHOLE, holding(found))).toEqual([expect.stringMatching(words)])
  })
})
