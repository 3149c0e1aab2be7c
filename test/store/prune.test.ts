import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { leafHash } from '../../server/core/audit/entry.ts'
import { inclusionProof } from '../../server/core/audit/prove.ts'
import { verifyInclusion } from '../../server/core/audit/tree.ts'
import { hashReader } from '../../server/store/hash-reader.ts'
import { openPool, openSealerPool } from '../../server/store/pool.ts'
import { pruneLog } from '../../server/store/prune.ts'
import { sealBatch } from '../../server/store/seal-batch.ts'
import { sealedEvents } from '../../server/store/sealed-events.ts'
import { migratedDatabase, type TestDatabase } from '../lab/test-database.ts'
import { aKey } from './sealed.ts'

const keys = { current: aKey(), previous: undefined }
let database: TestDatabase
let owner: pg.Pool
let sealer: pg.Pool
let app: pg.Pool
/** What the log holds already: the migrations themselves. */
let base: number

beforeEach(async () => {
  database = await migratedDatabase()
  owner = new pg.Pool({ connectionString: database.url, max: 2 })
  sealer = openSealerPool(database.url)
  app = openPool(database.url, { max: 2 })
  await month('2023_01', '2023-01-01', '2023-02-01')
  await month('2023_02', '2023-02-01', '2023-03-01')
  await seal()
  const { rows } = await owner.query<{ n: number }>('SELECT count(*)::int AS n FROM audit.event')
  base = rows[0]!.n
})
afterEach(async () => {
  await Promise.all([owner.end(), sealer.end(), app.end()])
  await database.drop()
})

/** As `audit.ensure_partitions` makes them. */
const month = (name: string, from: string, to: string) =>
  owner.query(
    `CREATE TABLE audit.event_${name} PARTITION OF audit.event FOR VALUES FROM ('${from}Z') TO ('${to}Z');
     SELECT audit.guard_partition('audit.event_${name}');
     ALTER TABLE audit.event_${name} OWNER TO latchkey_audit`,
  )
const write = (at: string, count: number) =>
  owner.query(
    `INSERT INTO audit.event (at, action, actor, request_id, payload)
     SELECT $1::timestamptz, 'a.b', 'portal', 'r' || n, '{}' FROM generate_series(1, $2) n`,
    [at, count],
  )
/** All of it: transactions of other tests in the same PostgreSQL may hold the watermark back for a moment. */
const seal = async () => {
  for (;;) {
    const { did } = await sealBatch(sealer, { keys, origin: 'log/audit/1', limit: 5_000 })
    const { rows } = await owner.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM audit.event e WHERE NOT EXISTS (SELECT FROM audit.seal s WHERE s.event_id = e.id)',
    )
    if (rows[0]!.n === 0) return
    if (did !== 'sealed') await sleep(20)
  }
}
const prune = (places: string[] = [], days = 400) => pruneLog(sealer, { days, places })
const partitions = async () => {
  const { rows } = await owner.query<{ name: string }>(
    "SELECT relname AS name FROM pg_inherits JOIN pg_class ON oid = inhrelid WHERE inhparent = 'audit.event'::regclass ORDER BY 1",
  )
  return rows.map(({ name }) => name)
}
const anchor = (size: number, place: string) =>
  sealer.query("INSERT INTO audit.anchor (size, place, ref) VALUES ($1, $2, 'x')", [size, place])

test('months that are over, sealed and covered by a checkpoint are dropped, oldest first, and the log says so', async () => {
  await write('2023-01-10T00:00:00Z', 300)
  await write('2023-02-10T00:00:00Z', 20)
  await write(new Date().toISOString(), 5)
  await seal()

  expect(await prune()).toEqual(['event_2023_01', 'event_2023_02'])

  expect(await partitions()).not.toContain('event_2023_01')
  const { rows } = await app.query(
    "SELECT actor, payload, payload_j FROM audit.log WHERE action = 'audit.pruned' ORDER BY id",
  )
  expect(rows).toMatchObject([
    {
      actor: 'portal',
      payload_j: {
        partition: 'event_2023_01',
        before: '2023-02-01T00:00:00.000Z',
        from: base,
        to: base + 300,
        count: 300,
        size: base + 325,
      },
    },
    { payload_j: { partition: 'event_2023_02', from: base + 300, to: base + 320, count: 20 } },
  ])
  // The canonical form, as every other payload has it.
  const [{ payload, payload_j }] = rows as [{ payload: string; payload_j: object }]
  expect(payload).toBe(JSON.stringify(Object.fromEntries(Object.entries(payload_j).sort())))
  expect(await prune()).toEqual([])
})

test('what was sealed stays provable: seals are kept, and later events still have proofs', async () => {
  await write('2023-01-10T00:00:00Z', 300)
  await write(new Date().toISOString(), 5)
  await seal()
  await prune()
  await seal()

  const { rows } = await app.query<{ size: string; root: Buffer }>(
    'SELECT size, root FROM audit.checkpoint ORDER BY size DESC LIMIT 1',
  )
  const { size, root } = rows[0]!
  const { events } = await sealedEvents(app, { from: 0, to: Number(size), limit: 1000 })
  const kept = [...Array(base).keys(), ...[0, 1, 2, 3, 4, 5].map((n) => base + 300 + n)]
  expect(events.map(({ seq }) => seq)).toEqual(kept)
  for (const { seq, entry } of events) {
    const proof = await inclusionProof(hashReader(app), seq, Number(size))
    expect(verifyInclusion(leafHash(entry), seq, Number(size), proof, root)).toBe(true)
  }
})

test('a month with one event that is not sealed stays, and so do those after it', async () => {
  await write('2023-01-10T00:00:00Z', 3)
  await seal()
  await write('2023-01-11T00:00:00Z', 1)

  expect(await prune()).toEqual([])
})

test('where places are configured, each must have a checkpoint above the month', async () => {
  await write('2023-01-10T00:00:00Z', 3)
  await seal()
  await write('2023-01-11T00:00:00Z', 3)
  await seal()

  expect(await prune(['s3'])).toEqual([])
  await anchor(base + 3, 's3')
  expect(await prune(['s3'])).toEqual([])
  await anchor(base + 6, 's3')
  expect(await prune(['s3', 'witness'])).toEqual([])
  await anchor(base + 6, 'witness')
  expect(await prune(['s3', 'witness'])).toEqual(['event_2023_01', 'event_2023_02'])
})

test('nothing younger than a year goes, whoever asks', async () => {
  await expect(prune([], 364)).rejects.toThrow(/365 days/)
})

test('what is younger than the retention stays', async () => {
  await write('2023-01-10T00:00:00Z', 3)
  await seal()

  expect(await prune([], 20_000)).toEqual([])
})

test('the default partition is never dropped, however old its events are', async () => {
  await write('1999-01-10T00:00:00Z', 3)
  await seal()
  await prune()

  expect(await partitions()).toContain('event_default')
  const { rows } = await app.query("SELECT count(*)::int AS n FROM audit.log WHERE action = 'a.b'")
  expect(rows).toEqual([{ n: 3 }])
})

test('the portal’s own role can drop nothing', async () => {
  await expect(pruneLog(app, { days: 400, places: [] })).rejects.toMatchObject({ code: '42501' })
  await expect(app.query('DROP TABLE audit.event_2023_01')).rejects.toMatchObject({ code: '42501' })
})

test('of two at once one works', async () => {
  await write('2023-01-10T00:00:00Z', 3)
  await seal()

  const both = await Promise.all([prune(), prune()])

  expect(both.flat().sort()).toEqual(['event_2023_01', 'event_2023_02'])
})
