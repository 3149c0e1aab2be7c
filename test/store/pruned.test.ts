import { createPublicKey, type KeyObject, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Actor } from '../../server/core/actor.ts'
import { parseVerifierKey, verifierKey } from '../../server/core/audit/note.ts'
import type { AuditReads } from '../../server/core/audit/read-log.ts'
import type { Search } from '../../server/core/audit/search.ts'
import { verifyExport } from '../../server/core/audit/verify-export.ts'
import { makeExports } from '../../server/exports.ts'
import { auditReads } from '../../server/store/audit-search.ts'
import { mintStore } from '../../server/store/mint.ts'
import { openSealerPool } from '../../server/store/pool.ts'
import { pruneLog } from '../../server/store/prune.ts'
import { sealBatch } from '../../server/store/seal-batch.ts'
import { verifyStored } from '../../server/store/verify-log.ts'
import { addEvents, allPages, asSuperuser, type Made } from './audit-scenes.ts'
import { aKey } from './sealed.ts'
import { logOf, useStore } from './store.ts'

/**
 * A log of which two months were dropped, one after the other: in the first the key changed, and what said
 * that the first was dropped went with the second. Everything that reads the log is asked about it.
 */
const used = useStore()
const ORIGIN = 'log.example.com/audit/1'
const [former, key] = [aKey(), aKey()]
const REQUEST = randomUUID()
const GRANT = randomUUID()
const ADA = randomUUID()
const [JANUARY, FEBRUARY, MARCH] = ['2023-01-31T23:59:50Z', '2023-02-10T10:30:00Z', '2023-03-01Z']

let sealer: pg.Pool
let reads: AuditReads

const asRoot = (sql: string, values: unknown[] = []) =>
  asSuperuser(used.url, (client) => client.query(sql, values))
const month = (name: string, from: string, to: string) =>
  asRoot(`CREATE TABLE audit.event_${name} PARTITION OF audit.event FOR VALUES FROM ('${from}Z') TO ('${to}Z');
    SELECT audit.guard_partition('audit.event_${name}');
    ALTER TABLE audit.event_${name} OWNER TO latchkey_audit`)
const batch = (current: KeyObject, previous?: KeyObject) =>
  sealBatch(sealer, { keys: { current, previous }, origin: ORIGIN, limit: 5_000 })
/** All of it: transactions of other tests in the same PostgreSQL may hold the watermark back for a moment. */
const seal = async (current: KeyObject, previous?: KeyObject) => {
  for (;;) {
    const { did } = await batch(current, previous)
    const { rows } = await used.store.pool.query<{ n: number }>(
      'SELECT (SELECT count(*) FROM audit.log l WHERE NOT EXISTS (SELECT FROM audit.seal s WHERE s.event_id = l.id))::int AS n',
    )
    if (rows[0]!.n === 0) return
    if (did !== 'sealed') await sleep(20)
  }
}
/** As if it had been written then; before it is sealed. */
const date = (action: string, at: string) =>
  asRoot(
    `ALTER TABLE audit.event DISABLE TRIGGER append_only;
     UPDATE audit.event SET at = '${at}' WHERE action = '${action}';
     ALTER TABLE audit.event ENABLE ALWAYS TRIGGER append_only`,
  )

const happened = (at: Date | string, count = 1): Made[] =>
  Array.from({ length: count }, (_, n) => ({
    at: new Date(at),
    action: n % 3 === 0 ? 'token.issued' : n % 3 === 1 ? 'token.refused' : 'request.created',
    actor: ADA,
    detail: {
      ...(n % 2 === 0 && { database: 'orders', team: 'payments' }),
      ...(n % 3 === 2 && { request: randomUUID(), reason: `INC-${n}: refunds hang` }),
      grant: randomUUID(),
    },
  }))
const intent = (at: Date | string): Made => ({
  at: new Date(at),
  action: 'token.intent',
  actor: ADA,
  detail: { grant: GRANT, team: 'payments', database: 'orders' },
})
const add = (events: Made[]) =>
  asSuperuser(used.url, async (client) => {
    await addEvents(client, events)
    await client.query('ALTER TABLE audit.event DISABLE TRIGGER append_only')
    await client.query(
      `UPDATE audit.event SET intent_id = gen_random_uuid() WHERE action = 'token.intent' AND intent_id IS NULL`,
    )
    await client.query('ALTER TABLE audit.event ENABLE ALWAYS TRIGGER append_only')
  })

beforeAll(async () => {
  sealer = openSealerPool(used.url)
  reads = auditReads(used.store)
  const now = Date.now()
  await month('2023_01', '2023-01-01', '2023-02-01')
  await add([
    ...happened(JANUARY, 40),
    intent(JANUARY),
    {
      ...{ at: new Date(JANUARY), action: 'request.created', actor: ADA },
      detail: { request: REQUEST, team: 'payments', database: 'orders', reason: 'INC-7' },
    },
    // Of no month that has a partition: it stays for good.
    ...happened('2021-05-05T05:05:05Z', 7),
  ])
  await seal(former)
  await batch(key, former)
  await date('key.rotated', JANUARY)
  await seal(key, former)
  expect(await pruneLog(sealer, { days: 400, places: [] })).toEqual(['event_2023_01'])
  await month('2023_02', '2023-02-01', '2023-03-01')
  await date('audit.pruned', FEBRUARY)
  await add([
    ...happened(FEBRUARY, 30),
    ...happened(MARCH, 5),
    ...happened(new Date(now - 3_600_000), 20),
    {
      ...{ at: new Date(now - 1_800_000), action: 'grant.started', actor: 'portal' },
      detail: {
        ...{ request: REQUEST, grant: GRANT, team: 'payments', database: 'orders', person: ADA },
        ...{ startsAt: new Date(now).toISOString(), endsAt: new Date(now + 9e6).toISOString() },
      },
    },
  ])
  await seal(key)
  expect(await pruneLog(sealer, { days: 400, places: [] })).toEqual(['event_2023_02'])
  await seal(key)
})
afterAll(() => sealer?.end())

const trusted = (of: KeyObject) => parseVerifierKey(verifierKey(ORIGIN, createPublicKey(of)))

test('what is left says what is gone, how the keys changed there, and in one spelling', async () => {
  const [pruned] = await logOf(used.store, 'audit.pruned')
  expect(pruned!.payload_j).toMatchObject({
    partition: 'event_2023_02',
    earlier: { from: expect.any(Number) as number, to: expect.any(Number) as number },
    rotations: [{ from: trusted(former).key, to: trusted(key).key }],
  })
  const { rows } = await used.store.pool.query<{ payload: string; payload_j: unknown }>(
    "SELECT payload, payload_j FROM audit.log WHERE action = 'audit.pruned'",
  )
  const sorted = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(sorted)
      : value !== null && typeof value === 'object'
        ? Object.fromEntries(
            Object.entries(value)
              .sort()
              .map(([name, each]) => [name, sorted(each)]),
          )
        : value
  expect(rows.map(({ payload }) => payload)).toEqual(
    rows.map(({ payload_j }) => JSON.stringify(sorted(payload_j))),
  )
})

test.each([
  ['the key of now', key],
  ['the key from before the change, kept since', former],
])('the log verifies with %s', async (_what, of) => {
  const report = await verifyStored(used.url, { keys: [trusted(of)] })
  expect(report.findings).toEqual([])
  expect(report.counted.pruned).toBe(40 + 1 + 1 + 1 + 30 + 1)
})

test('an export verifies with the key from before the change', async () => {
  const { exportLog } = makeExports(used.store.pool, used.store.record, '')
  const reader = { personId: randomUUID(), requestId: 'r', address: '127.0.0.1' } as Actor
  const { text, close } = await exportLog(reader, {}, 'jsonl')
  let all = ''
  for await (const piece of text) all += piece
  await close()
  async function* lines() {
    yield* await Promise.resolve(all.trimEnd().split('\n'))
  }
  for (const of of [former, key]) {
    const report = await verifyExport(lines(), { keys: [trusted(of)] })
    expect(report.findings).toEqual([])
    expect(report.outcome).toBe('holds')
  }
})

test.each<[string, Search]>([
  ['everything', {}],
  ['a range around what is gone', { from: new Date('2022-01-01Z'), to: new Date('2023-06-01Z') }],
  ['a range within it', { from: new Date('2023-01-10Z'), to: new Date('2023-02-20T10:20:30Z') }],
  ['a range that cuts its hour', { from: new Date('2023-01-31T23:30:00Z') }],
  ['a database', { database: 'orders' }],
  ['a team and an action', { team: 'payments', actions: ['token.issued'] }],
  ['an outcome', { outcome: 'refused', to: new Date('2023-04-01Z') }],
  ['a person', { person: ADA }],
  ['words', { text: 'refunds' }],
])('the list and the histogram have the same: %s', async (_what, search) => {
  const listed = await allPages(reads, search, 7)
  const { buckets, count } = await reads.histogram(search)
  const sum = buckets.reduce((n, { at: _at, ...counts }) => {
    return n + Object.values(counts).reduce((a, b) => a + b, 0)
  }, 0)

  expect(listed.filter(({ at }) => at >= new Date('2023-01-01Z') && at < new Date(MARCH))).toEqual(
    [],
  )
  expect(count).toEqual({ is: 'exact', count: listed.length })
  expect(sum).toBe(listed.length)
})

test('a story whose beginning is gone has what is left of it', async () => {
  const [started] = await allPages(reads, { actions: ['grant.started'] }, 10)
  const story = await reads.story(started!.id)

  expect(story).toMatchObject({ requests: [REQUEST], grants: [GRANT], more: false })
  expect(story!.events.map(({ action }) => action)).toEqual(['grant.started'])
  const { rows } = await asRoot(
    'SELECT event_id AS id FROM audit.seal s WHERE NOT EXISTS (SELECT FROM audit.event e WHERE e.id = s.event_id) LIMIT 1',
  )
  expect(await reads.story((rows[0] as { id: string }).id)).toBeNull()
})

test('the reaper, however long it was away, closes what is there and nothing that is gone', async () => {
  await asRoot(`UPDATE reaper SET settled_until = '2022-01-01'`)
  await add([intent(new Date(Date.now() - 120_000))])

  expect(await mintStore(used.store).reap()).toBe(1)
  expect(await logOf(used.store, 'token.unknown')).toHaveLength(1)
})
