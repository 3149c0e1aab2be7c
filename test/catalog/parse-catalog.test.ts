import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { connectArn } from '../../server/core/catalog/catalog.ts'
import { catalogJsonSchema, catalogJsonSchemaText } from '../../server/core/catalog/json-schema.ts'
import { parseCatalog } from '../../server/core/catalog/parse-catalog.ts'
import { roleFor } from '../../server/core/catalog/rule-lookup.ts'
import { catalogText } from '../inventory/found.ts'

const GOOD = readFileSync('latchkey.example.yaml', 'utf8')

const problemsOf = (text: string) => {
  const parsed = parseCatalog(text)
  return 'problems' in parsed ? parsed.problems : []
}

/** The example with one thing changed; the change must be there. */
function change(from: string | RegExp, to: string) {
  const text = GOOD.replace(from, to)
  if (text === GOOD) throw new Error(`the example has no ${from}`)
  return text
}

describe('the example', () => {
  const parsed = parseCatalog(GOOD)
  if (!('catalog' in parsed)) throw new Error('the example is not good')
  const { catalog } = parsed

  test('is one rule for each database that a rule names', () => {
    expect(catalog.rules.map(({ team, database, user }) => `${team} ${database} ${user}`)).toEqual([
      'payments orders orders_reader',
      'payments orders-staging orders_reader',
      'payments orders orders_writer',
      'logistics shipments shipments_reader',
    ])
    expect(catalog.rules[2]).toMatchObject({
      duration: 3600,
      reason: 'required',
      approval: { groups: ['payments-leads'], count: 1, within: 86_400 },
      emergency: { duration: 1800 },
    })
  })

  test('says where what happens to a team is told, and says so of nobody else', () => {
    expect(catalog.teams.get('payments')?.notify).toEqual({
      email: 'payments-leads@example.com',
      webhook: 'https://hooks.example.com/latchkey',
    })
    expect(catalog.teams.get('logistics')?.notify).toEqual({ email: null, webhook: null })
  })

  test('signs for the endpoint and dials the tunnel', () => {
    expect(catalog.databases.get('orders-staging')?.endpoints).toMatchObject([
      {
        kind: 'instance',
        signing: { host: 'orders-staging.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com', port: 5432 },
        dial: { host: 'bastion.internal.example.com', port: 15432 },
      },
    ])
  })

  test('names one ARN for one database user, and a star in a name is no wildcard', () => {
    const orders = catalog.databases.get('orders')!
    expect(connectArn(orders, 'orders_reader')).toBe(
      'arn:aws:rds-db:eu-west-1:111122223333:dbuser:cluster-ABCDEFGHIJKL01234/orders_reader',
    )
    expect(connectArn(orders, 'a*?$')).toMatch(/\/a\$\{\*\}\$\{\?\}\$\{\$\}$/)
  })
})

describe('a bad catalog says where, what, and what to write', () => {
  test.each<[string, string, string, RegExp]>([
    ['nothing', '', '', /./],
    ['only comments', '# nothing\n', '', /./],
    ['a list', '- a\n', '', /./],
    ['a broken line', change('teams:', 'teams: {'), '', /./],
    ['a tab', change('  payments:\n', '\tpayments:\n'), '', /tab|blank|indent/i],
    ['two documents', `${GOOD}\n---\na: 1\n`, '', /document/],
    ['a key twice', `${GOOD}\nteams: {}\n`, 'teams', /twice|once|more than/],
    ['an unknown key', change('auditors:', 'auditor:'), 'auditor', /auditors/],
    [
      'an unknown key in a rule',
      change('duration: 8h', 'durations: 8h'),
      'access[0].durations',
      /duration/,
    ],
    [
      'an account as a number',
      change('"111122223333" # in', '111122223333 # in'),
      'databases.orders.account',
      /quot/i,
    ],
    [
      'an account that is too short',
      change('"444455556666"', '"44445555"'),
      'databases.orders-staging.account',
      /12/,
    ],
    [
      'an engine that is none',
      change('engine: postgres\n', 'engine: postgresql\n'),
      'databases.orders-staging.engine',
      /postgres/,
    ],
    [
      'an engine that has no IAM',
      change('engine: postgres\n', 'engine: oracle-ee\n'),
      'databases.orders-staging.engine',
      /postgres/,
    ],
    [
      'a region that is none',
      change('region: eu-west-1 #', 'region: eu-west #'),
      'databases.orders.region',
      /./,
    ],
    [
      'the name of a cluster for its id',
      change('cluster-ABCDEFGHIJKL01234', 'orders-cluster'),
      'databases.orders.resource',
      /DbClusterResourceId/,
    ],
    [
      'an instance id for Aurora',
      change('cluster-ABCDEFGHIJKL01234', 'db-ABCDEFGHIJKL01234'),
      'databases.orders.resource',
      /cluster-/,
    ],
    [
      'no endpoint',
      change(/ {4}endpoints:\n {6}proxy: .*\n/, '    endpoints: {}\n'),
      'databases.shipments.endpoints',
      /./,
    ],
    [
      'an endpoint of another region',
      change('orders.cluster-c1a2b3c4d5e6.eu-west-1', 'orders.cluster-c1a2b3c4d5e6.us-east-1'),
      'databases.orders.endpoints.writer',
      /eu-west-1/,
    ],
    [
      'a host that is not of RDS',
      change('orders.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com:5432', 'db.internal:5432'),
      'databases.orders.endpoints.writer',
      /dial/,
    ],
    [
      'an address on loopback',
      change('orders.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com:5432', '127.0.0.1:5432'),
      'databases.orders.endpoints.writer',
      /dial/,
    ],
    [
      'an endpoint without its port',
      change('.rds.amazonaws.com:3306', '.rds.amazonaws.com'),
      'databases.shipments.endpoints.proxy',
      /:/,
    ],
    [
      'a port that no database has',
      change('.rds.amazonaws.com:3306', '.rds.amazonaws.com:99999'),
      'databases.shipments.endpoints.proxy',
      /port|65535/,
    ],
    [
      'a host of China in Europe',
      change(
        'shipments.proxy-c9z8y7x6w5v4.eu-central-1.rds.amazonaws.com',
        'shipments.proxy-c9z8y7x6w5v4.eu-central-1.rds.amazonaws.com.cn',
      ),
      'databases.shipments.endpoints.proxy',
      /./,
    ],
    [
      'a team that is not there',
      change('- team: logistics', '- team: logistic'),
      'access[2].team',
      /logistics/,
    ],
    [
      'a database that is not there',
      change('databases: [shipments]', 'databases: [shipment]'),
      'access[2].databases[0]',
      /shipments/,
    ],
    [
      'a rule without databases',
      change('databases: [shipments]', 'databases: []'),
      'access[2].databases',
      /./,
    ],
    [
      'a team without a role in the account',
      change('databases: [shipments]', 'databases: [orders-staging]'),
      'access[2].databases[0]',
      /role/,
    ],
    [
      'a role that is none',
      change('role/latchkey-payments\n', 'user/latchkey-payments\n'),
      'teams.payments.roles[0].arn',
      /role/,
    ],
    [
      'two roles in one account',
      change(
        'arn:aws:iam::444455556666:role/latchkey/payments-staging',
        'arn:aws:iam::111122223333:role/other',
      ),
      'teams.payments.roles[1].arn',
      /./,
    ],
    [
      'a role without external id',
      change(/ {8}externalId: 0b7d.*\n/, ''),
      'teams.logistics.roles[0]',
      /externalId/,
    ],
    [
      'an external id with blanks',
      change('0b7d5a34-8f6e-4c59-b3f0-5d1c2e7a9e40', '"a b"'),
      'teams.logistics.roles[0].externalId',
      /./,
    ],
    [
      'a role of another partition',
      change(
        'arn:aws:iam::111122223333:role/latchkey-logistics',
        'arn:aws-cn:iam::111122223333:role/latchkey-logistics',
      ),
      '',
      /partition|aws-cn|role/,
    ],
    [
      'a team without groups',
      change('groups: [logistics-engineers]', 'groups: []'),
      'teams.logistics.groups',
      /./,
    ],
    [
      'an unknown channel',
      change('      email: payments', '      slack: payments'),
      'teams.payments.notify.slack',
      /webhook, email/,
    ],
    ...[
      'http://hooks.example.com/latchkey',
      'https://',
      'https://user:pass@hooks.example.com/',
      'https://hooks.example.com/a#b',
      'https://hooks.example.com\\@evil.example.com/',
      'https://a b.example.com/',
      'https://hooks.example.com:port/',
      'file:///etc/passwd',
    ].map((address): [string, string, string, RegExp] => [
      `the webhook ${address}`,
      change('https://hooks.example.com/latchkey', `'${address}'`),
      'teams.payments.notify.webhook',
      /https:\/\/hooks\.example\.com|leave out/,
    ]),
    ...[
      'payments-leads',
      'Ada <ada@example.com>',
      'ada@example.com, bob@example.com',
      'ada@example.com;bob@example.com',
      '@example.com',
      'ada@-example.com',
      'ada@@example.com',
      '"ada"@example.com',
    ].map((address): [string, string, string, RegExp] => [
      `the mail address ${address}`,
      change('payments-leads@example.com', `'${address}'`),
      'teams.payments.notify.email',
      /one address/,
    ]),
    ['an empty group', change('[logistics-engineers]', '[""]'), 'teams.logistics.groups[0]', /./],
    [
      'a duration of words',
      change('duration: 8h #', 'duration: eight hours #'),
      'access[0].duration',
      /8h|30m/,
    ],
    [
      'a duration without a unit',
      change('duration: 8h #', 'duration: 8 #'),
      'access[0].duration',
      /h|m/,
    ],
    [
      'a duration of nothing',
      change('duration: 8h #', 'duration: 0h #'),
      'access[0].duration',
      /./,
    ],
    [
      'a duration of years',
      change('duration: 8h #', 'duration: 900d #'),
      'access[0].duration',
      /./,
    ],
    [
      'an emergency longer than the rule',
      change('emergency: { duration: 30m }', 'emergency: { duration: 3h }'),
      'access[1].emergency.duration',
      /./,
    ],
    [
      'a reason that is neither',
      change('reason: required', 'reason: always'),
      'access[1].reason',
      /required/,
    ],
    [
      'an approval by nobody',
      change(
        'approval: { groups: [payments-leads], count: 1 }',
        'approval: { groups: [], count: 1 }',
      ),
      'access[1].approval.groups',
      /./,
    ],
    ['an approval by none', change('count: 1 }', 'count: 0 }'), 'access[1].approval.count', /1/],
    [
      'a database user of RDS itself',
      change('user: orders_reader', 'user: rdsadmin'),
      'access[0].user',
      /./,
    ],
    [
      'a database user too long for PostgreSQL',
      change('user: orders_reader', `user: ${'x'.repeat(64)}`),
      'access[0].user',
      /63/,
    ],
    [
      'the same rule twice',
      change('    user: orders_writer', '    user: orders_reader'),
      'access[1]',
      /./,
    ],
    ['a name in capitals', change('  shipments:\n', '  Shipments:\n'), 'databases.Shipments', /./],
    [
      'a name out of the prototype',
      change('  shipments:\n', '  __proto__:\n'),
      'databases.__proto__',
      /./,
    ],
  ])('%s', (_what, text, path, mend) => {
    const problems = problemsOf(text)

    expect(problems.length).toBeGreaterThan(0)
    const found = problems.find((problem) => problem.path.startsWith(path)) ?? problems[0]!
    expect(`${found.path}: ${found.message} → ${found.mend}`).toMatch(mend)
    expect(found.path.startsWith(path), `${found.path} is not at ${path}`).toBe(true)
    expect(found.line).toBeGreaterThanOrEqual(1)
    expect(found.column).toBeGreaterThanOrEqual(1)
    expect(found.mend).not.toBe('')
  })

  test('the line and the column are those of the value', () => {
    const text = change('duration: 8h #', 'duration: ages #')
    const line = text.split('\n').findIndex((each) => each.includes('ages')) + 1

    expect(problemsOf(text)).toMatchObject([{ line, column: 15, path: 'access[0].duration' }])
  })

  test('all of them at once', () => {
    const text = GOOD.replaceAll('duration: 8h', 'duration: x')
      .replace('engine: mysql', 'engine: maria')
      .replace('region: eu-west-1 #', 'region: nowhere #')
      .replace('"444455556666"', '"4"')
      .replace('auditors:', 'auditor:')
      .replace('count: 1', 'count: many')
      .replace('reason: required', 'reason: yes please')

    expect(problemsOf(text).map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        'auditor',
        'access[0].duration',
        'access[2].duration',
        'databases.shipments.engine',
        'databases.orders.region',
        'databases.orders-staging.account',
        'access[1].approval.count',
        'access[1].reason',
      ]),
    )
  })
})

test.each([
  ['a mark at the start', `\ufeff${GOOD}`],
  ['line ends of Windows', GOOD.replaceAll('\n', '\r\n')],
  ['no auditors', GOOD.replace(/auditors:.*\n/, '')],
  ['a host in capitals', GOOD.replace('orders.cluster-c1', 'ORDERS.cluster-c1')],
])('%s is no mistake', (_what, text) => {
  expect(problemsOf(text)).toEqual([])
})

test('aliases that unfold without end are refused in no time', () => {
  const bomb = `a: &a [x, x]\n${'bcdefghijklmnopqrstuvwxyz'
    .split('')
    .map((letter, i, all) => `${letter}: &${letter} [*${all[i - 1] ?? 'a'}, *${all[i - 1] ?? 'a'}]`)
    .join('\n')}\nadmins: *z\n`
  expect(problemsOf(bomb).length).toBeGreaterThan(0)
})

describe('a database by its name in RDS', () => {
  const lines = (reference: string) => catalogText(reference)
  const followed = (text: string) => {
    const result = parseCatalog(text)
    if ('problems' in result) throw new Error(JSON.stringify(result.problems))
    return result.catalog
  }

  test.each([
    ['cluster: Orders-1', { by: 'cluster', identifier: 'orders-1' }],
    ['instance: orders', { by: 'instance', identifier: 'orders' }],
    ['proxy: pool', { by: 'proxy', identifier: 'pool' }],
    [
      'find: { tag: { latchkey: orders, "a b": c } }',
      { by: 'tag', tags: { latchkey: 'orders', 'a b': 'c' } },
    ],
  ])('%s needs nothing else', (text, reference) => {
    const catalog = followed(lines(text))
    expect(catalog.follows.get('orders')).toMatchObject({ reference, engine: null, endpoints: [] })
    expect(catalog).toMatchObject({ names: ['orders'], databases: new Map() })
    expect(catalog.rules.map(({ database }) => database)).toEqual(['orders', 'orders'])
    expect(catalog.inventory).toMatchObject([{ account: '111122223333', regions: ['eu-west-1'] }])
  })

  test.each<[string, string, string, RegExp]>([
    ['two at once', lines('cluster: orders\nproxy: pool'), 'databases.orders.proxy', /take one/],
    [
      'an ARN',
      lines('cluster: "arn:aws:rds:eu-west-1:1:cluster:orders"'),
      'databases.orders.cluster',
      /write orders/,
    ],
    [
      'a host',
      lines(`cluster: ${'orders.cluster-c1.eu-west-1.rds.amazonaws.com'}`),
      'databases.orders.cluster',
      /write orders/,
    ],
    ['blanks', lines('instance: my db'), 'databases.orders.instance', /single hyphens/],
    ['no tag', lines('find: { tag: {} }'), 'databases.orders.find.tag', /latchkey: orders/],
    [
      'a tag that is a number',
      lines('find: { tag: { a: 1 } }'),
      'databases.orders.find.tag.a',
      /quotes/,
    ],
    [
      'tags that are a list',
      lines('find: { tag: [a] }'),
      'databases.orders.find.tag',
      /write \{ latchkey/,
    ],
    [
      'a region nobody looks into',
      lines('cluster: orders').replace('regions: [eu-west-1]', 'regions: [eu-west-3]'),
      'databases.orders.cluster',
      /add eu-west-1/,
    ],
    [
      'an account nobody looks into',
      lines('cluster: orders').replace(
        'iam::111122223333:role/latchkey-inventory',
        'iam::999999999999:role/x',
      ),
      'databases.orders.cluster',
      /role of account 111122223333/,
    ],
    [
      'no inventory',
      lines('cluster: orders').replace(/inventory:\n[^]*?(?=teams:)/, ''),
      'databases.orders.cluster',
      /under inventory/,
    ],
    [
      'a region twice',
      lines('cluster: orders').replace('[eu-west-1]', '[eu-west-1, eu-west-1]'),
      'inventory[0].regions[1]',
      /take one/,
    ],
    [
      'a place with two roles',
      lines('cluster: orders').replace(
        'inventory:',
        'inventory:\n  - { role: "arn:aws:iam::111122223333:role/b", externalId: abc, regions: [eu-west-1] }',
      ),
      'inventory[1].regions[0]',
      /take one/,
    ],
    [
      'a region of another partition',
      lines('cluster: orders').replace('[eu-west-1]', '[eu-west-1, cn-north-1]'),
      'inventory[0].regions[1]',
      /that partition/,
    ],
    [
      'a resource of the wrong kind beside it',
      lines('cluster: orders\nengine: aurora-mysql\nresource: db-ABCDEFGHIJKL01234'),
      'databases.orders.resource',
      /cluster-/,
    ],
    [
      'an endpoint of another region beside it',
      lines(
        'cluster: orders\nendpoints: { writer: "orders.cluster-c1.eu-west-3.rds.amazonaws.com:5432" }',
      ),
      'databases.orders.endpoints.writer',
      /region/,
    ],
  ])('refuses %s at its place', (_, text, path, mend) => {
    const problems = problemsOf(text)
    expect(problems).toContainEqual(
      expect.objectContaining({ path, mend: expect.stringMatching(mend) }),
    )
    expect(problems.every(({ line, column }) => line > 1 && column > 0)).toBe(true)
  })

  test('a database with neither is told all that is missing, not that a reference is', () => {
    expect(problemsOf(lines('dbname: x')).map(({ message }) => message)).toEqual([
      'engine is missing',
      'resource is missing',
      'endpoints is missing',
    ])
  })
})

test('the published schema is current, accepts the example and refuses what has another shape', () => {
  expect(readFileSync('latchkey.schema.json', 'utf8')).toBe(catalogJsonSchemaText())
  const fits = new Ajv2020({ strict: false }).compile(catalogJsonSchema as object)
  expect(fits(parse(GOOD)), JSON.stringify(fits.errors)).toBe(true)
  expect(fits(parse(catalogText('cluster: orders')))).toBe(true)
  expect(fits(parse(catalogText('dbname: orders')))).toBe(false)
  for (const text of [
    change('auditors:', 'auditor:'),
    change('engine: mysql', 'engine: oracle'),
    change('reason: required', 'reason: always'),
    change('databases: [shipments]', 'databases: shipments'),
  ])
    expect(fits(parse(text))).toBe(false)
})

describe('whatever the text', () => {
  test('reading it ends with a catalog or with problems, never with an error', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.string({ unit: 'binary' })), (text) => {
        const parsed = parseCatalog(text)
        return 'catalog' in parsed || parsed.problems.length > 0
      }),
      { numRuns: 500 },
    )
  })

  test('a damaged example is refused, or is a catalog whose rules all hold', () => {
    const damage = fc.record({
      at: fc.nat(GOOD.length - 1),
      length: fc.nat(20),
      text: fc.oneof(
        fc.string({ maxLength: 5 }),
        fc.constantFrom(':', '\n', '  ', '"', '[', '{', '- ', '*', '&a ', '0'),
      ),
    })
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 4 }), (damages) => {
        const text = damages.reduce(
          (sum, { at, length, text }) => sum.slice(0, at) + text + sum.slice(at + length),
          GOOD,
        )
        const parsed = parseCatalog(text)
        if (!('catalog' in parsed))
          return parsed.problems.every(({ line, mend }) => line >= 1 && mend !== '')
        const { catalog } = parsed
        return catalog.rules.every((rule) => {
          const database = catalog.databases.get(rule.database)
          return (
            database !== undefined &&
            database.endpoints.length > 0 &&
            roleFor(catalog, rule.team, database.account) !== undefined &&
            rule.duration >= 60
          )
        })
      }),
      { numRuns: 300 },
    )
  })
})
