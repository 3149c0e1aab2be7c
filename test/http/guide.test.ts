import { expect, test } from 'vitest'
import type { Guide, GuideChoices } from '../../server/contract/guide.ts'
import type { Problem } from '../../server/contract/problem.ts'
import type { Found } from '../../server/core/inventory/found.ts'
import { aWish } from './guide-wish.ts'
import { usePortal } from './portal.ts'

const portal = usePortal()

const ask = async (body: unknown) =>
  portal.call('POST', '/api/setup/guide', { cookie: await portal.cookie('administrator'), body })
const choices = async () => {
  const cookie = await portal.cookie('administrator')
  const answer = await portal.call('GET', '/api/setup/guide/choices', { cookie })
  expect(answer.statusCode, answer.body).toBe(200)
  return answer.json<GuideChoices>()
}
const aFound = (over: Partial<Found> = {}): Found => ({
  ...{ account: '111122223333', region: 'eu-west-1', kind: 'instance', identifier: 'invoices' },
  ...{ arn: 'arn:aws:rds:eu-west-1:111122223333:db:invoices', resource: 'db-INVOICES1234' },
  ...{ engine: 'postgres', engineVersion: '17.4', status: 'available', dbname: null },
  iam: { on: false, pending: true },
  endpoints: [{ name: 'instance', kind: 'instance', host: 'invoices.example', port: 5433 }],
  ...{ ca: null, tags: {}, members: [], cluster: null, globalCluster: null },
  ...{ publiclyAccessible: false, securityGroups: [], masterUsername: 'postgres' },
  ...over,
})

test('a guide has every step in the forms that it has, and the way back', async () => {
  const answer = await ask(aWish())
  expect(answer.statusCode, answer.body).toBe(200)
  const { steps, takeAway } = answer.json<Guide>()
  expect(steps.length).toBeGreaterThan(3)
  expect(takeAway.length).toBeGreaterThan(1)
  const forms = new Set(steps.flatMap(({ texts }) => texts.map(({ form }) => form)))
  expect([...forms]).toEqual(expect.arrayContaining(['cli', 'cloudformation', 'terraform', 'sql']))
  expect(answer.body).toContain('db-INVOICESABCDEFGH12345')
})

test('every field that is not as it must be is named, with its mend, and nothing else is', async () => {
  const [user] = aWish().users
  const answer = await ask(
    aWish({
      identifier: '-',
      users: [user!, { ...user!, name: 'other', schema: '' }],
      client: { cidr: '10.0.0.0/0', securityGroup: null },
    }),
  )
  expect(answer.statusCode).toBe(400)
  const { fields = [], ...problem } = answer.json<Problem>()
  expect(problem).toMatchObject({
    ...{ code: 'invalid', reason: 'fields', detail: '3 fields need another value.' },
    mend: expect.stringMatching(/\.$/),
  })
  expect(fields.map(({ field }) => field).sort()).toEqual([
    'client/cidr',
    'identifier',
    'users/1/schema',
  ])
  for (const { message, mend } of fields) {
    expect(message).not.toBe('')
    expect(mend).not.toBe('')
  }
})

test('the choices are what was found and is not in the catalog', async () => {
  const inTheCatalog = aFound({ resource: 'cluster-ABCDEFGHIJKL01234', identifier: 'orders' })
  const member = aFound({ cluster: 'orders', identifier: 'orders-1', resource: 'db-MEMBER123' })
  const oracle = aFound({ engine: null, identifier: 'ledger', resource: 'db-ORACLE1234' })
  const coming = aFound({ endpoints: [], identifier: 'new', resource: 'db-CREATING1234' })
  portal.inventory = {
    places: [
      {
        ...{ account: '111122223333', region: 'us-east-1', readAt: null, missing: [], count: 0 },
        fault: { code: 'denied', message: 'It was denied.', mend: 'Allow it.' },
      },
    ],
    found: [inTheCatalog, member, oracle, coming, aFound()],
  }

  const { found, places } = await choices()

  expect(found).toEqual([
    {
      ...{ engine: 'postgres', account: '111122223333', region: 'eu-west-1', form: 'instance' },
      ...{ identifier: 'invoices', resource: 'db-INVOICES1234', dbname: null, port: 5433 },
      arn: 'arn:aws:rds:eu-west-1:111122223333:db:invoices',
      ...{ status: 'available', iam: false },
      endpoints: [{ name: 'instance', host: 'invoices.example' }],
    },
  ])
  expect(places).toEqual([
    { account: '111122223333', region: 'us-east-1', fault: 'It was denied. Allow it.' },
  ])
})

test('without an inventory there are the databases and teams of the catalog, and an external id of its own each time', async () => {
  const one = await choices()
  const other = await choices()

  expect(one).toMatchObject({
    found: [],
    places: [],
    portal: 'arn:aws:iam::111122223333:role/latchkey',
  })
  expect(one.databases[0]).toEqual({
    ...{ name: 'orders', engine: 'aurora-postgresql', account: '111122223333', dbname: 'orders' },
    ...{ region: 'eu-west-1', form: 'cluster', identifier: 'orders', port: 5432 },
    resource: 'cluster-ABCDEFGHIJKL01234',
    endpoints: [
      { name: 'writer', host: 'orders.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com' },
      { name: 'reader', host: 'orders.cluster-ro-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com' },
    ],
  })
  expect(one.teams.map(({ name, groups }) => [name, groups])).toEqual([
    ['payments', ['payments-engineers']],
    ['logistics', ['logistics-engineers']],
  ])
  expect(one.externalId).not.toBe(other.externalId)
})
