import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { accessMap, type MapRow, type MapSide } from '../../server/core/access/access-map.ts'
import type { KnownPerson } from '../../server/core/access/known-person.ts'
import type { MapFilter } from '../../server/core/access/map-lanes.ts'
import { exportMap } from '../../server/core/access/export-map.ts'
import { planMint } from '../../server/core/access/plan-mint.ts'
import { ruleToAsk } from '../../server/core/access/policy.ts'
import { holders, reachOf, waysInto } from '../../server/core/access/reach.ts'
import type { AuditEvent } from '../../server/core/audit/event.ts'
import type { Catalog } from '../../server/core/catalog/catalog.ts'
import { DomainError } from '../../server/core/error.ts'
import { catalogWith, crowd, databaseOf, personWith, ruleOf, teamOf } from './crowd.ts'

const catalog = catalogWith(
  [teamOf('payments', ['engineers', 'Engineers']), teamOf('ops', ['oncall', 'engineers'])],
  [databaseOf('orders'), databaseOf('invoices')],
  [
    ruleOf('payments', 'orders', 'reader'),
    ruleOf('ops', 'invoices', 'admin', { approval: { groups: ['leads'], count: 1, within: 60 } }),
    ruleOf('payments', 'invoices', 'reader'),
  ],
  { admins: ['platform'], auditors: ['security'] },
)
const ada = personWith('ada', ['engineers', 'leads', 'engineers'])
const bob = personWith('bob', ['oncall'], { name: null, email: null, subject: 'b-0815' })
const eve = personWith('eve', ['ENGINEERS', 'platform', 'security', 'chess'])
const people = [bob, ada, eve]

const told = ({ person, rule, because }: MapRow) =>
  `${person.id} ${rule.user}@${rule.database} ${rule.team} ${because.join()}`
const rowsOf = (filter: MapFilter = {}, side?: MapSide) =>
  [...accessMap(catalog, people, filter, side).from(0)].map(told)

describe('who can reach what', () => {
  test('from the side of people, each with team and groups', () => {
    expect(rowsOf()).toEqual([
      'bob admin@invoices ops oncall',
      'ada reader@orders payments engineers',
      'ada reader@invoices payments engineers',
      'ada admin@invoices ops engineers',
    ])
  })

  test('from the side of databases, the same rows', () => {
    expect(rowsOf({}, 'database')).toEqual([
      'ada reader@orders payments engineers',
      'bob admin@invoices ops oncall',
      'ada admin@invoices ops engineers',
      'ada reader@invoices payments engineers',
    ])
  })

  test.each<[MapFilter, number]>([
    [{ person: 'ada' }, 3],
    [{ team: 'ops' }, 2],
    [{ group: 'oncall' }, 1],
    [{ group: 'ENGINEERS' }, 0],
    [{ database: 'orders' }, 1],
    [{ user: 'admin', person: 'bob' }, 1],
    [{ text: 'B-08' }, 1],
    [{ text: 'ADA@' }, 3],
    [{ text: 'invoic' }, 3],
    [{ text: 'ops', database: 'orders' }, 0],
  ])('%j finds %i rows', (filter, count) => {
    for (const side of ['person', 'database'] as const) {
      expect(rowsOf(filter, side)).toHaveLength(count)
      expect(accessMap(catalog, people, filter, side).rows).toBe(count)
    }
  })

  test('it counts who reaches something, and what is reached', () => {
    expect(accessMap(catalog, people)).toMatchObject({ rows: 4, people: 2, databases: 2 })
    expect(accessMap(catalog, [eve])).toMatchObject({ rows: 0, people: 0, databases: 0 })
  })
})

describe('what somebody with these groups may do', () => {
  test('ask, decide, administer, audit; and groups that give nothing are named', () => {
    const reach = reachOf(catalog, ['engineers', 'leads', 'platform', 'security', 'chess'])

    expect(reach.rules.map(({ rule }) => `${rule.user}@${rule.database}`)).toEqual([
      'reader@orders',
      'reader@invoices',
      'admin@invoices',
    ])
    expect(reach.approves).toMatchObject([{ rule: { user: 'admin' }, because: ['leads'] }])
    expect(reach).toMatchObject({
      administrator: ['platform'],
      auditor: ['security'],
      idle: ['chess'],
    })
  })

  test('nothing, with groups of other capitals', () => {
    const { teams, rules, approves, idle } = reachOf(catalog, ['ENGINEERS', 'Leads'])
    expect({ teams, rules, approves, idle }).toEqual({
      ...{ teams: [], rules: [], approves: [] },
      idle: ['ENGINEERS', 'Leads'],
    })
  })
})

test('the ways into a database are told also where nobody known has them', () => {
  expect(waysInto(catalog, 'orders', holders(people))).toMatchObject([
    {
      rule: { user: 'reader' },
      groups: [
        { name: 'engineers', people: 1 },
        { name: 'Engineers', people: 0 },
      ],
    },
  ])
})

describe('as a file', () => {
  const actor = {
    ...{ personId: 'p', issuer: 'i', subject: 's', name: null, email: null, sessionId: 'x' },
    ...{ groups: ['platform'], address: '192.0.2.1', requestId: 'r' },
  }
  const events: AuditEvent[] = []
  const deps = {
    people: async () => ({ now: new Date(), people }),
    catalog: () => catalog,
    record: async (event: AuditEvent) => void events.push(event),
  }

  test('two at once and no more; one that is closed makes room, once', async () => {
    const take = exportMap(deps)
    const [first] = [await take(actor, {}, 'csv'), await take(actor, {}, 'json')]
    await expect(take(actor, {}, 'csv')).rejects.toMatchObject({ reason: 'exports_running' })

    await first.close()
    await first.close()
    await take(actor, {}, 'csv')
    await expect(take(actor, {}, 'csv')).rejects.toMatchObject({ code: 'too_many' })
    expect(events).toHaveLength(3)
  })

  test('without a record nothing is given out, and the place is free again', async () => {
    let works = false
    const record = async () => {
      if (!works) throw new DomainError('unavailable', 'The log is away.')
    }
    const take = exportMap({ ...deps, record })
    for (let i = 0; i < 3; i++)
      await expect(take(actor, {}, 'csv')).rejects.toMatchObject({ code: 'unavailable' })
    works = true
    const { text } = await take(actor, {}, 'csv')
    let whole = ''
    for await (const piece of text) whole += piece
    expect(whole.split('\r\n')).toHaveLength(6)
  })

  test('what looks like a secret is not kept as what was looked for', async () => {
    events.length = 0
    await exportMap(deps)(actor, { text: `lk_${'a'.repeat(49)}` }, 'json')
    expect(JSON.stringify(events)).not.toContain('aaaa')
  })
})

const GROUPS = ['a', 'b', 'A', 'c', 'd']
const names = (...all: string[]) => fc.constantFrom(...all)
const some = (...all: string[]) => fc.array(names(...all), { maxLength: 4 })
const someCatalog = fc
  .record({
    teams: fc.uniqueArray(fc.record({ name: names('x', 'y', 'z'), groups: some(...GROUPS) }), {
      selector: ({ name }) => name,
    }),
    rules: fc.uniqueArray(
      fc.tuple(names('x', 'y', 'z'), names('orders', 'invoices'), names('reader', 'writer')),
      { selector: (key) => key.join(), maxLength: 12 },
    ),
  })
  .map(({ teams, rules }): Catalog =>
    catalogWith(
      teams.map(({ name, groups }) => teamOf(name, groups)),
      [databaseOf('orders'), databaseOf('invoices')],
      rules
        .filter(([team]) => teams.some(({ name }) => name === team))
        .map(([team, database, user]) => ruleOf(team, database, user)),
    ),
  )
const somebody = some(...GROUPS).map((groups) => personWith('somebody', groups))

test('10,000 times the map says what the mint would decide', () => {
  const now = new Date()
  let reached = 0
  fc.assert(
    fc.property(
      someCatalog,
      somebody,
      names('x', 'y', 'z'),
      names('orders', 'invoices'),
      names('reader', 'writer'),
      (catalog, person, team, database, user) => {
        const filter = { person: person.id, team, database, user }
        const { rows } = accessMap(catalog, [person], filter)
        const asked = ruleToAsk(catalog, person.groups, { team, database, user })
        const minted = isMinted(catalog, person, { team, database, user }, now)
        reached += rows
        return rows === (minted ? 1 : 0) && (asked !== undefined) === minted
      },
    ),
    { numRuns: 10_000 },
  )
  // Both answers were there often enough to mean something.
  expect(reached).toBeGreaterThan(500)
})

/** Whether somebody who holds a grant that runs gets a token for it, as `planMint` judges. */
function isMinted(
  catalog: Catalog,
  { id, groups }: KnownPerson,
  key: { team: string; database: string; user: string },
  now: Date,
): boolean {
  const grant = {
    ...{ id: 'g', requestId: 'r', personId: id, ...key, reason: null, emergency: false },
    ...{ startsAt: now, endsAt: new Date(now.getTime() + 60_000) },
    ...{ endedAt: null, endedBy: null, endReason: null },
  }
  const holder = { personId: id, issuer: 'i', subject: id, name: null, email: null, groups }
  const endpoint = { host: 'orders.example.com', port: 5432 }
  const databases = [...catalog.databases].map(([name, database]) => [
    name,
    {
      ...database,
      endpoints: [{ name: 'writer', kind: 'writer', signing: endpoint, dial: endpoint }],
    },
  ])
  const open = { ...catalog, databases: new Map(databases as [string, never][]) }
  try {
    planMint(open, { grant, holder, now }, { endpoint: undefined })
    return true
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'forbidden') throw error
    return false
  }
}

test('pages of any length are the whole, from either side, whatever is looked for', () => {
  const filters = fc.record(
    {
      team: names('x', 'y'),
      group: names('a', 'b'),
      database: names('orders'),
      user: names('reader'),
      text: names('o', 'reader', 'p1', 'x', 'nothing'),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(
      someCatalog,
      fc.array(some(...GROUPS), { maxLength: 5 }),
      filters,
      names('person', 'database'),
      fc.integer({ min: 1, max: 7 }),
      (catalog, crowd, filter, side, size) => {
        const people = crowd.map((groups, i) => personWith(`p${i}`, groups))
        const map = accessMap(catalog, people, filter, side as MapSide)
        const whole = [...map.from(0)].map(told)
        const pages: string[] = []
        for (let start = 0; start < map.rows; start += size)
          pages.push(...[...map.from(start, size)].map(told))

        expect(pages).toEqual(whole)
        expect(whole.length).toBe(map.rows)
        expect(new Set(whole).size).toBe(whole.length)
        expect(whole.toSorted()).toEqual(naive(catalog, people, filter).toSorted())
        expect(map.people).toBe(new Set(whole.map((row) => row.split(' ')[0])).size)
        const reached = whole.map((row) => row.split(' ')[1]?.split('@')[1])
        expect(map.databases).toBe(new Set(reached).size)
      },
    ),
    { numRuns: 500 },
  )
})

/** Every pair of a person and a rule, judged one by one. */
function naive(catalog: Catalog, people: readonly KnownPerson[], filter: MapFilter): string[] {
  const { team, group, database, user, text } = filter
  return people.flatMap((person) =>
    catalog.rules.flatMap((rule) => {
      const wanted = catalog.teams.get(rule.team)?.groups ?? []
      const because = [...new Set(person.groups)].filter((one) => wanted.includes(one))
      const words = [person.name, person.email, person.subject, rule.team, rule.database, rule.user]
      const holds =
        because.length > 0 &&
        (!team || rule.team === team) &&
        (!database || rule.database === database) &&
        (!user || rule.user === user) &&
        (!group || because.includes(group)) &&
        (!text || words.some((word) => word?.includes(text)))
      return holds ? [told({ person, rule, because })] : []
    }),
  )
}

test('a page of millions of rows makes only its own', () => {
  const { catalog, people } = crowd({ people: 5_000, databases: 500, teams: 50 })
  const map = accessMap(catalog, people)

  expect(map.rows).toBeGreaterThan(10_000_000)
  const before = process.memoryUsage().heapUsed
  expect([...map.from(map.rows - 3, 50)]).toHaveLength(3)
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(100_000_000)
})
