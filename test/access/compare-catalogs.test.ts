import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { checkCommand } from '../../server/catalog-check.ts'
import { compareCatalogs, isSame } from '../../server/core/access/compare-catalogs.ts'
import { affectedPeople } from '../../server/core/access/compare-people.ts'
import { compareTerms, termsText } from '../../server/core/access/compare-terms.ts'
import { comparisonText } from '../../server/core/access/comparison-text.ts'
import { isAdministrator, mayReadAudit, ruleToAsk } from '../../server/core/access/policy.ts'
import type { Catalog } from '../../server/core/catalog/catalog.ts'
import { parseCatalog } from '../../server/core/catalog/parse-catalog.ts'
import { rulesOf } from '../../server/core/catalog/rule-lookup.ts'
import { catalogWith, databaseOf, personWith, ruleOf, teamOf } from './crowd.ts'

const CATALOG = `
admins: [platform-admins]
auditors: [security]
teams:
  payments:
    groups: [payments-engineers]
    roles: [{ arn: 'arn:aws:iam::111122223333:role/payments', externalId: of-payments }]
  logistics:
    groups: [logistics-engineers]
    roles: [{ arn: 'arn:aws:iam::111122223333:role/logistics', externalId: of-logistics }]
databases:
  orders:
    engine: aurora-postgresql
    account: "111122223333"
    region: eu-west-1
    resource: cluster-ABCDEFGHIJKL01234
    dbname: orders
    endpoints:
      writer: orders.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com:5432
  shipments:
    engine: aurora-postgresql
    account: "111122223333"
    region: eu-central-1
    resource: cluster-WXYZABCDEFGH98765
    dbname: shipments
    endpoints:
      writer: shipments.cluster-c9z8y7x6w5v4.eu-central-1.rds.amazonaws.com:5432
access:
  - { team: payments, databases: [orders], user: orders_reader, duration: 8h }
  - team: payments
    databases: [orders]
    user: orders_writer
    duration: 1h
    reason: required
    approval: { groups: [payments-leads], count: 1 }
    emergency: { duration: 30m }
  - { team: logistics, databases: [shipments], user: shipments_reader, duration: 1h, reason: required }
`

function catalogOf(text: string): Catalog {
  const parsed = parseCatalog(text)
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems))
  return parsed.catalog
}

const old = catalogOf(CATALOG)
const after = (change: (text: string) => string) => {
  const text = change(CATALOG)
  // A replacement that met nothing would prove nothing.
  expect(text).not.toBe(CATALOG)
  return compareCatalogs(old, catalogOf(text))
}
const textAfter = (change: (text: string) => string) => comparisonText(after(change))

describe('nothing changes', () => {
  test('where only the order and the form of the file do', () => {
    const [head = '', access = ''] = CATALOG.split('access:\n')
    const rules = access.split(/^(?= {2}- )/m)
    const moved = `# reviewed\nauditors: ["security"]\n${head.replace(/auditors: .*\n/, '')}access:\n${rules.toReversed().join('')}`

    expect(isSame(after(() => moved))).toBe(true)
    expect(textAfter(() => moved)).toBe('Nobody gains or loses anything.')
  })

  test('by an address, a description, a name of a database inside', () => {
    expect(isSame(after((text) => text.replace('dbname: orders', 'dbname: sales')))).toBe(true)
  })
})

describe('who gains and who loses', () => {
  test('by a group in a team', () => {
    const { gains, losses } = after((text) =>
      text.replace('[payments-engineers]', '[payments-engineers, contractors]'),
    )
    expect(gains.map(({ user, groups }) => [user, groups])).toEqual([
      ['orders_reader', ['contractors']],
      ['orders_writer', ['contractors']],
    ])
    expect(losses).toEqual([])
  })

  test('by a rule that is taken out', () => {
    expect(textAfter((text) => text.replace(/ {2}- \{ team: logistics.*\n/, ''))).toBe(
      `Could be asked for, and cannot be any more
  - shipments_reader on shipments, team logistics (logistics-engineers): 1h, reason required

0 gains, 1 loss, 0 on other terms`,
    )
  })

  test('a group that moves to another team with the same rule neither gains nor loses', () => {
    const before = catalogWith(
      [teamOf('a', ['engineers']), teamOf('b', [])],
      [databaseOf('orders')],
      [ruleOf('a', 'orders', 'reader'), ruleOf('b', 'orders', 'reader')],
    )
    const moved = {
      ...before,
      teams: new Map(
        [teamOf('a', []), teamOf('b', ['engineers'])].map((each) => [each.name, each]),
      ),
    }
    const comparison = compareCatalogs(before, moved)

    expect(comparison.gains).toMatchObject([{ team: 'b', otherwise: ['a'] }])
    expect(comparison.losses).toMatchObject([{ team: 'a', otherwise: ['b'] }])
    expect(comparisonText(comparison)).toContain('kept through team b')
    const people = [personWith('ada', ['engineers'])]
    expect(affectedPeople(before, moved, comparison, people)).toEqual([])
  })

  test('a database whose resource is another one is lost and gained', () => {
    const { gains, losses, terms } = after((text) =>
      text.replace('cluster-WXYZABCDEFGH98765', 'cluster-RESTOREDAAAAAAAAA'),
    )
    const change = { database: 'shipments', groups: ['logistics-engineers'], replaced: true }
    expect({ gains, losses, terms }).toMatchObject({
      gains: [change],
      losses: [change],
      terms: [],
    })
  })

  test('a database that follows RDS is lost and gained when it follows another one', () => {
    const [head = '', rest = ''] = CATALOG.split('  shipments:\n')
    const following = (cluster: string) =>
      catalogOf(
        `${head}  shipments: { cluster: ${cluster}, account: "111122223333", region: eu-central-1 }
access:${rest.split('access:')[1]}inventory:
  - role: arn:aws:iam::111122223333:role/inventory
    externalId: of-inventory
    regions: [eu-central-1]
`,
      )
    expect(isSame(compareCatalogs(following('shipments'), following('shipments')))).toBe(true)
    expect(compareCatalogs(following('shipments'), following('other'))).toMatchObject({
      gains: [{ database: 'shipments', replaced: true }],
      losses: [{ database: 'shipments', replaced: true }],
    })
  })

  test('by other terms, each with its direction', () => {
    const { gains, losses, terms } = after((text) =>
      text
        .replace('duration: 1h\n    reason: required\n', 'duration: 2h\n')
        .replace('groups: [payments-leads], count: 1', 'groups: [payments-leads], count: 2'),
    )
    expect({ gains, losses }).toEqual({ gains: [], losses: [] })
    expect(terms).toMatchObject([
      {
        user: 'orders_writer',
        groups: ['payments-engineers'],
        changes: [
          { term: 'duration', from: '1h', to: '2h', way: 'wider' },
          { term: 'reason', from: 'required', to: 'optional', way: 'wider' },
          { term: 'approvals', from: '1 approval', to: '2 approvals', way: 'narrower' },
        ],
      },
    ])
  })

  test('administrators, auditors, approvers and roles', () => {
    const text = textAfter((text) =>
      text
        .replace('[platform-admins]', '[platform-admins, oncall]')
        .replace('auditors: [security]', 'auditors: [compliance]')
        .replace('[payments-leads]', '[directors]')
        .replace('role/payments', 'role/other'),
    )
    expect(text).toContain('Administrators\n  + oncall\n')
    expect(text).toContain('Auditors\n  + compliance\n  - security\n')
    expect(text).toContain(
      'Approvers\n  + directors for orders_writer on orders, team payments\n  - payments-leads for',
    )
    expect(text).toMatch(/~ team payments in 111122223333: arn:\S+ → arn:\S+role\/other\n/)
  })
})

test('what differs only in the database is one line of the text', () => {
  const before = catalogWith([teamOf('a', ['g'])], [databaseOf('x'), databaseOf('y')], [])
  const next = { ...before, rules: [ruleOf('a', 'y', 'reader'), ruleOf('a', 'x', 'reader')] }
  expect(comparisonText(compareCatalogs(before, next))).toContain(
    '  + reader on x, y, team a (g): 1h\n',
  )
})

test('a name cannot write lines of its own into the text', () => {
  const before = catalogWith([], [], [])
  const next = { ...before, admins: ['x\n  - nobody', 'a\u202eb'] }
  expect(comparisonText(compareCatalogs(before, next))).toContain(
    'Administrators\n  + a<U+202E>b\n  + x<U+000A>  - nobody\n',
  )
})

test('terms that come and go have a direction', () => {
  const plain = ruleOf('a', 'x', 'reader')
  const strict = ruleOf('a', 'x', 'reader', {
    reasonPattern: 'OPS-.+',
    approval: { groups: ['b', 'a'], count: 1, within: 3_600 },
    emergency: { duration: 600 },
  })
  const ways = (changes: ReturnType<typeof compareTerms>) =>
    Object.fromEntries(changes.map(({ term, way }) => [term, way]))

  expect(ways(compareTerms(plain, strict))).toEqual({
    'reason pattern': 'narrower',
    approvals: 'narrower',
    approvers: 'narrower',
    emergency: 'wider',
  })
  expect(ways(compareTerms(strict, plain))).toEqual({
    'reason pattern': 'wider',
    approvals: 'wider',
    approvers: 'wider',
    emergency: 'narrower',
  })
  const other = { ...strict, approval: { groups: ['a', 'c'], count: 1, within: 7_200 } }
  expect(ways(compareTerms(strict, other))).toEqual({
    approvers: 'other',
    'time to approve': 'wider',
  })
  const turned = { ...strict, approval: { groups: ['a', 'b'], count: 1, within: 3_600 } }
  expect(compareTerms(strict, turned)).toEqual([])
  expect(termsText(strict)).toBe(
    '1h, reason like OPS-.+, 1 approval by a or b within 1h, emergency 10m',
  )
})

const GROUPS = ['a', 'b', 'A', 'c']
const names = (...all: string[]) => fc.constantFrom(...all)
const some = fc.uniqueArray(names(...GROUPS), { maxLength: 3 })
const someCatalog = fc
  .record({
    admins: some,
    auditors: some,
    groups: fc.tuple(some, some),
    resources: fc.tuple(names('r1', 'r2'), names('r1', 'r2')),
    rules: fc.uniqueArray(
      fc.tuple(
        names('x', 'y'),
        names('orders', 'invoices'),
        names('reader', 'writer'),
        names('1', '2'),
      ),
      { selector: ([team, database, user]) => [team, database, user].join() },
    ),
  })
  .map(({ admins, auditors, groups, resources, rules }): Catalog =>
    catalogWith(
      [teamOf('x', groups[0]), teamOf('y', groups[1])],
      [databaseOf('orders', resources[0]), databaseOf('invoices', resources[1])],
      rules.map(([team, database, user, hours]) =>
        ruleOf(team, database, user, { duration: Number(hours) * 3_600 }),
      ),
      { admins, auditors },
    ),
  )

/** What somebody reaches, each as what a token would open and by which team. */
const reached = (catalog: Catalog, groups: readonly string[]) =>
  rulesOf(catalog, groups).map(
    ({ team, database, user }) =>
      `${team} ${database} ${catalog.databases.get(database)?.resource} ${user}`,
  )

test('whatever the groups, what is gained and lost is what the rule of asking says', () => {
  fc.assert(
    fc.property(someCatalog, someCatalog, some, (one, other, groups) => {
      const { gains, losses, terms } = compareCatalogs(one, other)
      const mine = <T extends { groups: string[] }>(changes: T[]) =>
        changes.filter((change) => change.groups.some((group) => groups.includes(group)))
      const [before, now] = [reached(one, groups), reached(other, groups)]
      const keyIn = (catalog: Catalog, { team, database, user }: (typeof gains)[number]) =>
        `${team} ${database} ${catalog.databases.get(database)?.resource} ${user}`
      // Who is in a team by another group has had it, and keeps it.
      const gained = new Set(mine(gains).map((change) => keyIn(other, change)))
      const lost = new Set(mine(losses).map((change) => keyIn(one, change)))

      expect(now.filter((key) => !before.includes(key)).filter((key) => !gained.has(key))).toEqual(
        [],
      )
      expect(before.filter((key) => !now.includes(key)).filter((key) => !lost.has(key))).toEqual([])
      expect([...gained].filter((key) => !now.includes(key))).toEqual([])
      expect([...lost].filter((key) => !before.includes(key))).toEqual([])
      for (const change of mine(terms)) {
        const ways = [one, other].map((catalog) => ruleToAsk(catalog, groups, change)?.duration)
        expect(ways[0]).not.toBe(ways[1])
      }
    }),
    { numRuns: 1_000 },
  )
})

test('the people that a change touches are those whose reach it changes', () => {
  fc.assert(
    fc.property(someCatalog, someCatalog, some, (one, other, groups) => {
      const person = personWith('p', groups)
      const [found] = affectedPeople(one, other, compareCatalogs(one, other), [person])
      const doors = (catalog: Catalog) =>
        new Set(reached(catalog, groups).map((key) => key.slice(key.indexOf(' '))))
      const [before, now] = [doors(one), doors(other)]
      const turn = (was: boolean, is: boolean) => (was === is ? null : is ? 'gains' : 'loses')

      expect(found?.gains ?? 0).toBe([...now].filter((door) => !before.has(door)).length)
      expect(found?.losses ?? 0).toBe([...before].filter((door) => !now.has(door)).length)
      expect(found?.administrator ?? null).toBe(
        turn(isAdministrator(one, groups), isAdministrator(other, groups)),
      )
      expect(found?.auditor ?? null).toBe(
        turn(mayReadAudit(one, groups), mayReadAudit(other, groups)),
      )
    }),
    { numRuns: 1_000 },
  )
})

test('compared with itself, and there and back, it is even', () => {
  fc.assert(
    fc.property(someCatalog, someCatalog, (one, other) => {
      expect(isSame(compareCatalogs(one, one))).toBe(true)
      const [there, back] = [compareCatalogs(one, other), compareCatalogs(other, one)]
      expect(there.gains).toEqual(back.losses)
      expect(there.losses).toEqual(back.gains)
      expect(there.administrators.gains).toEqual(back.administrators.losses)
    }),
    { numRuns: 1_000 },
  )
})

describe('latchkey check --against OLD NEW', () => {
  const home = mkdtempSync(join(tmpdir(), 'latchkey-check-'))
  afterAll(() => rmSync(home, { recursive: true }))
  const file = (name: string, text: string) => {
    writeFileSync(join(home, name), text)
    return join(home, name)
  }
  const before = file('old.yaml', CATALOG)
  const check = async (...args: string[]) => {
    const told = { out: '', err: '' }
    const code = await checkCommand(args, {
      print: (text) => void (told.out += text),
      complain: (text) => void (told.err += text),
    })
    return { code, ...told }
  }

  test('0 and one line where nobody gains or loses', async () => {
    expect(await check('--against', before, file('moved.yaml', `${CATALOG}# the end\n`))).toEqual({
      ...{ code: 0, err: '' },
      out: 'Nobody gains or loses anything.\n',
    })
  })

  test('3 and who, as text or as JSON, where somebody does', async () => {
    const next = file('next.yaml', CATALOG.replace('admins: [platform-admins]', 'admins: [all]'))
    const { code, out } = await check('--against', before, next)
    expect(code).toBe(3)
    expect(out).toContain('Administrators\n  + all\n  - platform-admins\n')

    const json = await check(next, '--json', '--against', before)
    expect(json.code).toBe(3)
    expect(JSON.parse(json.out)).toMatchObject({
      same: false,
      from: old.sha256,
      administrators: { gains: ['all'], losses: ['platform-admins'] },
    })
  })

  test('1 and every problem of both, where one is no catalog', async () => {
    const bad = file('bad.yaml', 'admins: nobody\n')
    const { code, out, err } = await check('--against', bad, join(home, 'nowhere.yaml'))
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain('bad.yaml:1:9')
    expect(err).toContain('there is no such file')
  })

  test.each([
    [[]],
    [['--json', 'a.yaml']],
    [['--since', 'a', 'b']],
    [['--against', 'a', 'b', 'c']],
  ])('%j is no use of it', async (args) => expect((await check(...args)).code).toBeNull())
})
