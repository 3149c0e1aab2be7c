import { expect, test } from 'vitest'
import type { Inventory } from '../../server/contract/inventory.ts'
import type { Found } from '../../server/core/inventory/found.ts'
import { usePortal } from './portal.ts'

const portal = usePortal()
const show = async () => {
  const cookie = await portal.cookie('administrator')
  const answer = await portal.call('GET', '/api/setup/inventory', { cookie })
  expect(answer.statusCode, answer.body).toBe(200)
  return answer.json<Inventory>()
}

const found = (over: Partial<Found> = {}): Found => ({
  account: '111122223333',
  region: 'eu-west-1',
  kind: 'instance',
  identifier: 'warehouse',
  arn: `arn:aws:rds:eu-west-1:111122223333:db:${over.identifier ?? 'warehouse'}`,
  resource: 'db-WAREHOUSEBCDEFGH67890',
  engine: 'postgres',
  engineVersion: '17.5',
  status: 'available',
  iam: { on: false, pending: null },
  dbname: 'warehouse',
  endpoints: [],
  ca: null,
  tags: {},
  members: [],
  cluster: null,
  globalCluster: null,
  publiclyAccessible: false,
  securityGroups: [],
  masterUsername: 'postgres',
  ...over,
})
const place = {
  account: '111122223333',
  region: 'eu-west-1',
  readAt: new Date('2026-11-25T12:00:00Z'),
  fault: null,
  missing: [],
  count: 2,
}

test('without a role for it nothing was read, and the answer says so', async () => {
  expect(await show()).toMatchObject({ places: [], databases: [], troubles: [], more: 0 })
})

test('what was found is told with its name in the catalog, and what waits to be turned on', async () => {
  const orders = portal.catalog.databases.get('orders')!
  const pending = { on: false, pending: true }
  portal.inventory = {
    places: [place],
    found: [
      found({ iam: pending }),
      found({ kind: 'cluster', identifier: 'orders', resource: orders.resource }),
      found({ identifier: 'orders-1', cluster: 'orders' }),
    ],
  }
  const { databases, places } = await show()
  // An instance of a cluster is reached by the endpoints of the cluster
  expect(databases.map(({ identifier, catalog, iam }) => [identifier, catalog, iam])).toEqual([
    ['warehouse', null, 'turning_on'],
    ['orders', 'orders', 'off'],
  ])
  expect(places).toEqual([{ ...place, readAt: '2026-11-25T12:00:00.000Z' }])
})

test('a database of the catalog that RDS does not have is told, and stays open as it is written', async () => {
  portal.inventory = { places: [{ ...place, count: 0 }], found: [] }
  const [trouble] = (await show()).troubles
  expect(trouble).toMatchObject({ database: 'orders', closed: false })
  expect(trouble?.why).toMatch(/There is no cluster-/)
})

test('many are cut, and counted', async () => {
  const many = Array.from({ length: 501 }, (_, n) => found({ identifier: `db-${n}` }))
  portal.inventory = { places: [place], found: many }
  const { databases, more } = await show()
  expect([databases.length, more]).toEqual([500, 1])
})

test('reading now is asked of the portal, once', async () => {
  let asked = 0
  portal.looksAround = () => (asked += 1)
  const cookie = await portal.cookie('administrator')
  const answer = await portal.call('POST', '/api/setup/inventory', { cookie, body: {} })
  expect([answer.statusCode, answer.json(), asked]).toEqual([202, { running: true }, 1])
})
