import fc from 'fast-check'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import type { StoredEvent } from '../../server/core/audit/event.ts'
import { outcomeOf } from '../../server/core/audit/outcome.ts'
import type { AuditReads } from '../../server/core/audit/read-log.ts'
import type { Search } from '../../server/core/audit/search.ts'
import { auditReads } from '../../server/store/audit-search.ts'
import { addEvents, allPages, asSuperuser, fits, type Made } from './audit-scenes.ts'
import { useStore } from './store.ts'

const used = useStore()

const PEOPLE = [1, 2, 3, 4].map((n) => `00000000-0000-4000-8000-00000000000${n}`)
const REQUESTS = [5, 6, 7].map((n) => `00000000-0000-4000-8000-00000000000${n}`)
const ACTIONS = [
  'token.intent',
  'token.issued',
  'token.unknown',
  'token.failed',
  'request.created',
  'grant.ended',
  'signin.refused',
  'of.tomorrow',
]
const DATABASES = ['orders', 'shipments', "o'brien", '%']
const TEAMS = ['payments', 'logistics']
const ADDRESSES = ['10.0.0.1', '10.0.0.2', '2001:db8::1']
const TEXTS = [
  'INC-7: refunds hang',
  'INC-77: refunds hung, the café is shut',
  '100 % sure; see inc-7',
  'nothing of note',
  "it's a\nlong \\ story",
]
/** Some in the months that have partitions, some of longer ago, some at the very same microsecond. */
const NOW = Date.now()
const HOUR = 3_600_000
const moment = fc.oneof(
  fc.integer({ min: -300 * HOUR, max: 0 }).map((back) => new Date(NOW + back)),
  fc.integer({ min: -400 * 24 * HOUR, max: 0 }).map((back) => new Date(NOW + back)),
  fc.integer({ min: -5, max: 0 }).map((back) => new Date(NOW + back * HOUR)),
)
const maybe = <T>(...values: T[]) => fc.option(fc.constantFrom(...values), { nil: undefined })

const made: fc.Arbitrary<Made> = fc
  .record({
    at: moment,
    action: fc.constantFrom(...ACTIONS),
    actor: fc.constantFrom(...PEOPLE, 'portal', 'anonymous'),
    address: maybe(...ADDRESSES),
    detail: fc.record({
      person: maybe(...PEOPLE),
      database: maybe(...DATABASES),
      team: maybe(...TEAMS),
      request: maybe(...REQUESTS),
      reason: maybe(...TEXTS, null),
      comment: maybe(...TEXTS),
    }),
  })
  .map(({ address, ...rest }) => ({ ...rest, address: address ?? null }))

const filters = {
  person: fc.constantFrom(...PEOPLE, 'portal', 'anonymous'),
  actions: fc.array(fc.constantFrom(...ACTIONS, 'not.there'), { minLength: 1, maxLength: 4 }),
  outcome: fc.constantFrom('done', 'refused', 'failed', 'unknown'),
  database: fc.constantFrom(...DATABASES, 'nowhere'),
  team: fc.constantFrom(...TEAMS, 'nobody'),
  request: fc.constantFrom(...REQUESTS),
  text: fc.constantFrom('inc', 'INC-7', 'hang refund', 'Café', '%', 'story it', 'zebra', 'of note'),
  address: fc.constantFrom(...ADDRESSES, '::1'),
  from: moment,
  to: moment,
} as const
const combined = fc.record(filters, { requiredKeys: [] }) as fc.Arbitrary<Search>
const inOrder = ({ from, to }: Search) => !from || !to || from < to

let log: StoredEvent[]
let reads: AuditReads
beforeAll(async () => {
  reads = auditReads(used.store)
  const events = fc.sample(made, { numRuns: 1_500, seed: 7 })
  await asSuperuser(used.url, async (client) => {
    await addEvents(client, events.slice(0, 1_000))
    await sealAll(client)
    await addEvents(client, events.slice(1_000))
  })
  log = await allPages(reads, {}, 200)
  // Bringing up the database has its own events.
  expect(log.length).toBeGreaterThanOrEqual(1_500)
})

/** As the sealer does, but for the tree. Transactions of other tests on this server hold the watermark back, as any would. */
async function sealAll(client: Parameters<typeof addEvents>[0]) {
  const early = `SELECT FROM audit.event WHERE xid >= pg_snapshot_xmin(pg_current_snapshot()) LIMIT 1`
  await vi.waitUntil(async () => (await client.query(early)).rowCount === 0, 30_000)
  await client.query(
    `INSERT INTO audit.seal (seq, event_id, event_at, leaf)
       SELECT row_number() OVER (ORDER BY id) - 1, id, at, sha256(convert_to(payload, 'UTF8')) FROM audit.event;
     UPDATE audit.sealer_state SET watermark = pg_snapshot_xmin(pg_current_snapshot()), size = 1000`,
  )
}

const idsOf = (events: StoredEvent[]) => events.map(({ id }) => id)
const expected = (search: Search) => log.filter((event) => fits(search, event))

async function agrees(search: Search) {
  const wanted = expected(search)
  expect(idsOf(await allPages(reads, search, 37))).toEqual(idsOf(wanted))
  const { buckets, count, range, completeFrom } = await reads.histogram(search)
  const sum = { done: 0, refused: 0, failed: 0, unknown: 0 }
  for (const { at, ...counts } of buckets) {
    const next = buckets[buckets.findIndex((bucket) => bucket.at === at) + 1]
    const inside = wanted.filter((event) => event.at >= at && (!next || event.at < next.at))
    for (const outcome of ['done', 'refused', 'failed', 'unknown'] as const) {
      const there = inside.filter(({ action }) => (outcomeOf(action) ?? 'unknown') === outcome)
      expect(counts[outcome], `${outcome} at ${at.toISOString()}`).toBe(there.length)
      sum[outcome] += counts[outcome]
    }
  }
  expect(count).toEqual({ is: 'exact', count: wanted.length })
  expect(sum.done + sum.refused + sum.failed + sum.unknown).toBe(wanted.length)
  expect(completeFrom).toBeNull()
  expect(buckets.length).toBeLessThanOrEqual(200)
  if (search.from) expect(range?.from).toEqual(search.from)
}

test('the list is in order, by time and then by id', () => {
  const key = ({ at, id }: StoredEvent) => at.getTime() * 1e6 + Number(id)
  expect(log.map(key)).toEqual(log.map(key).sort((a, b) => b - a))
})

test('each row says its place in the sealed log, or that it has none yet', () => {
  const seqs = log.flatMap(({ seq }) => seq ?? []).sort((a, b) => a - b)
  expect(seqs).toEqual(Array.from({ length: log.length - 500 }, (_, seq) => seq))
})

describe('list and histogram are what the plainest filter says', () => {
  test.each(Object.keys(filters) as (keyof typeof filters)[])('by %s alone', async (name) => {
    const one = fc.record({ [name]: filters[name] }) as fc.Arbitrary<Search>
    const before = fc.sample(one, { numRuns: 12, seed: 1 })
    // A search that finds nothing among 1,500 events would prove little.
    expect(before.some((search) => expected(search).length > 10)).toBe(true)
    await fc.assert(fc.asyncProperty(one, agrees), { numRuns: 12, seed: 1 })
  })

  test('by all of them combined', async () => {
    await fc.assert(fc.asyncProperty(combined.filter(inOrder), agrees), { numRuns: 150 })
  }, 120_000)

  test('by two of them, which find something', async () => {
    const names = Object.keys(filters) as (keyof typeof filters)[]
    const two = fc
      .tuple(fc.subarray(names, { minLength: 2, maxLength: 2 }), combined)
      .map(([keep, search]) => {
        const kept = keep.map((name) => [name, search[name as keyof Search]])
        return Object.fromEntries(kept.filter(([, value]) => value !== undefined)) as Search
      })
      .filter((search) => inOrder(search) && expected(search).length > 0)
    await fc.assert(fc.asyncProperty(two, agrees), { numRuns: 100 })
  }, 120_000)

  test('by nothing', async () => {
    await agrees({})
  })
})

test('a histogram of a range that cuts hours and days has what lies in it', async () => {
  const range = fc
    .tuple(moment, fc.integer({ min: 1, max: 90 * 24 * HOUR }))
    .map(([from, long]): Search => ({ from, to: new Date(from.getTime() + long) }))
  await fc.assert(fc.asyncProperty(range, agrees), { numRuns: 60 })
}, 120_000)

test('what can be filtered by is what occurs', async () => {
  expect(await reads.choices()).toEqual({
    databases: expect.arrayContaining([...DATABASES]),
    teams: ['logistics', 'payments'],
  })
})
