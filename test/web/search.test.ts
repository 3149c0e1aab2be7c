import { describe, expect, test } from 'vitest'
import type { Database } from '../../server/contract/database.ts'
import { inOrder, matches } from '../../web/pages/databases/search.ts'
import { aGrant } from './requests.ts'

const host = 'orders.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com'
const address = { host, port: 5432 }
const orders: Database = {
  name: 'orders',
  engine: 'aurora-postgresql',
  region: 'eu-west-1',
  account: '111122223333',
  dbname: 'shop',
  environment: 'production',
  description: 'Orders and refunds',
  tags: ['pci'],
  endpoints: [{ name: 'writer', kind: 'writer', signing: address, dial: address }],
  offers: [
    {
      team: 'payments',
      user: 'orders_reader',
      longest: 3600,
      reason: 'optional',
      reasonPattern: null,
      approval: null,
      emergency: null,
      pending: null,
    },
  ],
  grants: [],
}
const find = (text: string) => matches(orders, { text, environment: '', team: '' })

describe('a database is found by', () => {
  test.each([
    'ord',
    'ORDERS',
    'payments',
    'pci',
    'aurora postgresql',
    'orders_reader',
    'refunds eu-west-1',
    '111122223333',
    host,
    `${host}:5432`,
    `postgresql://ada@${host}:5432/shop`,
    `${host}/shop`,
    '  ',
  ])('%j', (text) => {
    expect(find(text)).toBe(true)
  })
})

test.each(['ledger', 'orders ledger', `ledger${host}`])('and not by %j', (text) => {
  expect(find(text)).toBe(false)
})

test('environment and team narrow it down', () => {
  const filter = { text: '', environment: 'production', team: 'payments' }
  expect(matches(orders, filter)).toBe(true)
  expect(matches(orders, { ...filter, environment: 'staging' })).toBe(false)
  expect(matches(orders, { ...filter, team: 'support' })).toBe(false)
})

test('what one can connect to now comes first, then by name', () => {
  const list = [
    { ...orders, name: 'b', grants: [aGrant({ state: 'scheduled', usable: false })] },
    { ...orders, name: 'z', grants: [aGrant()] },
    { ...orders, name: 'a' },
  ]
  expect(inOrder(list).map(({ name }) => name)).toEqual(['z', 'a', 'b'])
})
