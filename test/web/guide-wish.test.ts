import { beforeEach, describe, expect, test } from 'vitest'
import type { GuideChoices, GuideStep } from '../../server/contract/guide.ts'
import { kept, ticks } from '../../web/pages/guide/kept.ts'
import { matching } from '../../web/pages/guide/pick.ts'
import { tabsOf, waysOf } from '../../web/pages/guide/texts.ts'
import {
  aUser,
  emptyDraft,
  nameOf,
  withDatabase,
  withTeam,
  wishOf,
  type Found,
} from '../../web/pages/guide/wish.ts'

const aFound = (over: Partial<Found> = {}): Found => ({
  engine: 'aurora-postgresql',
  account: '111122223333',
  region: 'eu-west-1',
  form: 'cluster',
  identifier: 'Orders',
  resource: 'cluster-ABCDEFGHIJKL01234',
  dbname: 'orders',
  port: 5433,
  endpoints: [{ name: 'writer', host: 'orders.cluster-c1.eu-west-1.rds.amazonaws.com' }],
  arn: 'arn:aws:rds:eu-west-1:111122223333:cluster:orders',
  status: 'available',
  iam: false,
  ...over,
})
const choices: GuideChoices = {
  found: [aFound()],
  places: [],
  databases: [],
  teams: [
    {
      name: 'payments',
      groups: ['payments-engineers', 'payments-leads'],
      roles: [
        {
          account: '111122223333',
          arn: 'arn:aws:iam::111122223333:role/teams/latchkey-pay',
          externalId: 'theirs',
        },
      ],
    },
  ],
  portal: 'arn:aws:iam::111122223333:role/latchkey',
  externalId: 'fresh',
}
const empty = () => emptyDraft(choices)

describe('a database that was found', () => {
  test('fills in all that RDS knows of it, and proposes a reader', () => {
    expect(withDatabase(empty(), aFound(), choices)).toMatchObject({
      ...{ name: 'orders', identifier: 'Orders', engine: 'aurora-postgresql', form: 'cluster' },
      ...{ account: '111122223333', region: 'eu-west-1', resource: 'cluster-ABCDEFGHIJKL01234' },
      ...{ dbname: 'orders', port: '5433', externalId: 'fresh', portal: choices.portal },
      endpoints: [{ name: 'writer', host: 'orders.cluster-c1.eu-west-1.rds.amazonaws.com' }],
      users: [{ name: 'orders_reader', preset: 'read', schema: 'public', duration: '8h' }],
    })
  })

  test('without a database of its own, PostgreSQL has “postgres” and MySQL nothing', () => {
    const none = { dbname: null }
    expect(withDatabase(empty(), aFound(none), choices).dbname).toBe('postgres')
    expect(withDatabase(empty(), aFound({ ...none, engine: 'mysql' }), choices).dbname).toBe('')
  })

  test('what MySQL reads is a database, and not a schema', () => {
    const { users } = withDatabase(empty(), aFound({ engine: 'mariadb' }), choices)
    expect(users[0]?.schema).toBe('orders')
  })

  test('takes the proposed user of another one along, and never one that was typed', () => {
    const first = withDatabase(empty(), aFound(), choices)
    const other = aFound({ identifier: 'billing' })
    expect(withDatabase(first, other, choices).users[0]?.name).toBe('billing_reader')
    const typed = { ...first, users: [aUser('postgres', '', { name: 'auditor' })] }
    expect(withDatabase(typed, other, choices).users).toEqual(typed.users)
  })
})

describe('a team of the catalog', () => {
  const found = withDatabase(empty(), aFound(), choices)

  test('brings its groups, and its role of that account with the id that it asks for', () => {
    expect(withTeam(found, 'payments', choices)).toMatchObject({
      team: 'payments',
      groups: 'payments-engineers\npayments-leads',
      roleName: 'teams/latchkey-pay',
      externalId: 'theirs',
    })
  })

  test('has no role in another account: one is proposed, with an id of its own', () => {
    const elsewhere = { ...found, account: '444455556666' }
    expect(withTeam(elsewhere, 'payments', choices)).toMatchObject({
      roleName: 'latchkey-payments',
      externalId: 'fresh',
    })
  })

  test('leaves nothing of its own behind when another one is typed', () => {
    const before = withTeam(found, 'payments', choices)
    expect(withTeam(before, 'logistics', choices)).toMatchObject({
      groups: '',
      roleName: 'latchkey-logistics',
      externalId: 'fresh',
    })
  })

  test('gives way to another role when the database turns out to be in another account', () => {
    const before = withTeam(found, 'payments', choices)
    const elsewhere = withDatabase(before, aFound({ account: '444455556666' }), choices)
    expect(elsewhere).toMatchObject({ roleName: 'latchkey-payments', externalId: 'fresh' })
  })

  test('does not take away what was typed', () => {
    const typed = { ...found, roleName: 'our-role', groups: 'our-group', externalId: 'ours' }
    expect(withTeam(typed, 'logistics', choices)).toMatchObject({
      roleName: 'our-role',
      groups: 'our-group',
      externalId: 'ours',
    })
  })
})

describe('what is sent', () => {
  test('has lists for lines, a number for the port, and null for what nobody said', () => {
    const draft = { ...empty(), port: ' 3306 ', groups: ' a \n\nb\n', securityGroup: 'sg-1' }
    expect(wishOf(draft)).toMatchObject({
      port: 3306,
      groups: ['a', 'b'],
      client: { cidr: null, securityGroup: 'sg-1' },
    })
  })

  test('says 0 for a port that is none, so that the portal says what is wrong with it', () => {
    for (const port of ['', 'x', '-1', '5432x', '123456'])
      expect(wishOf({ ...empty(), port }).port).toBe(0)
    expect(wishOf({ ...empty(), port: '99999' }).port).toBe(65_535)
  })

  test('blanks around a paste mean nothing, but within the name of a database user they do', () => {
    const wish = wishOf({
      ...empty(),
      account: ' 111122223333\t',
      users: [aUser('postgres', '', { name: ' odd ', duration: ' 8h' })],
    })
    expect(wish).toMatchObject({
      account: '111122223333',
      users: [{ name: ' odd ', duration: '8h' }],
    })
  })
})

test('a name of the catalog is made of whatever is typed', () => {
  expect(nameOf('Orders DB (EU)')).toBe('orders-db-eu-')
  expect(nameOf('-._x')).toBe('x')
})

test('databases are found by every word, wherever it stands', () => {
  const endpoints = [{ name: 'instance', host: 'billing.c1.us-east-1.rds.amazonaws.com' }]
  const place = { region: 'us-east-1', resource: 'db-QRSTUVWXYZ', endpoints }
  const billing = aFound({ ...place, identifier: 'billing', engine: 'mysql' })
  const all = [aFound(), billing]
  expect(matching(all, 'east MYSQL')).toEqual([billing])
  expect(matching(all, 'cluster-c1 west')).toEqual([all[0]])
  expect(matching(all, '  ')).toEqual(all)
  expect(matching(all, 'oracle')).toEqual([])
})

describe('what the browser keeps', () => {
  beforeEach(() => localStorage.clear())

  test('comes back as it was', () => {
    const value = { draft: withDatabase(empty(), aFound(), choices), written: true, picked: 'x' }
    kept.write(value)
    expect(kept.read()).toEqual(value)
    kept.drop()
    expect(kept.read()).toBeNull()
  })

  test.each([
    ['no JSON', '{'],
    ['null', 'null'],
    ['of an older page', JSON.stringify({ draft: { name: 'orders' }, written: true, picked: '' })],
    [
      'with a number among the texts',
      JSON.stringify({ draft: { ...empty(), users: [{ ...aUser('mysql', ''), name: 1 }] } }),
    ],
  ])('is passed over where it is %s', (_what, text) => {
    localStorage.setItem('latchkey.guide.draft', text)
    expect(kept.read()).toBeNull()
  })

  test('the ticks of one database are not those of another', () => {
    ticks.write('a', ['iam', 'role'])
    expect([ticks.read('a'), ticks.read('b')]).toEqual([['iam', 'role'], []])
    ticks.write('a', [])
    expect(localStorage).toHaveLength(0)
  })
})

describe('the forms of a step', () => {
  const aStep = (...forms: GuideStep['texts'][number]['form'][]): GuideStep => ({
    ...{ id: 'x', title: '', why: '', where: 'aws', warnings: [], check: null },
    texts: forms.map((form, at) => ({ form, title: '', filename: `${at}`, text: '' })),
  })

  test('are a tab each, with all their texts, in their order', () => {
    const tabs = tabsOf(aStep('json', 'cli', 'json'))
    expect(tabs.map(({ title, texts }) => [title, texts.length])).toEqual([
      ['JSON', 2],
      ['AWS CLI', 1],
    ])
  })

  test('are chosen once for all steps, where there is a choice', () => {
    expect(waysOf([aStep('sql'), aStep('terraform', 'cli')])).toEqual(['cli', 'terraform'])
    expect(waysOf([aStep('sql'), aStep('cli')])).toEqual([])
  })
})
