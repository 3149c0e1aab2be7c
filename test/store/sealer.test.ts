import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { SealedCheckpoint } from '../../server/core/audit/ports.ts'
import { type KeyRotation, openRotation } from '../../server/core/audit/rotation.ts'
import { openPool, openSealerPool } from '../../server/store/pool.ts'
import { sealLag } from '../../server/store/seal-lag.ts'
import { startSealer } from '../../server/store/sealer.ts'
import { migratedDatabase, type TestDatabase } from '../lab/test-database.ts'
import { aKey, examine, forgetMigrations, untilSealed, writers } from './sealed.ts'

const PUBLIC_URL = 'https://latchkey.example.com'
const HOLDS = { unsealed: [], wrong: [], twice: [] }

let database: TestDatabase
let superuser: pg.Client
let ends: (() => Promise<void>)[]
beforeEach(async () => {
  ends = []
  database = await migratedDatabase()
  superuser = new pg.Client(database.url)
  await superuser.connect()
  await forgetMigrations(superuser)
})
afterEach(async () => {
  for (const end of ends.reverse()) await end()
  await superuser.end()
  await database.drop()
})

type Over = Partial<Parameters<typeof startSealer>[0]>
function seal(current = aKey(), previous?: ReturnType<typeof aKey>, over: Over = {}) {
  const published: SealedCheckpoint[] = []
  const said: string[] = []
  const pool = openSealerPool(database.url)
  const sealer = startSealer({
    pool,
    keys: { current, previous },
    publicUrl: PUBLIC_URL,
    publish: (checkpoint) => void published.push(checkpoint),
    warn: (_details, message) => void said.push(message),
    every: 20,
    ...over,
  })
  let stopped: Promise<void> | undefined
  const stop = () => (stopped ??= sealer.stop().then(() => pool.end()))
  ends.push(stop)
  return { ...sealer, stop, published, said }
}

const add = (events: number, client = superuser) =>
  client.query(
    `INSERT INTO audit.event (action, actor, request_id, payload)
     SELECT 'a.b', 'somebody', 'r', '{"n":' || n || '}' FROM generate_series(1, $1::int) n`,
    [events],
  )
const count = async (sql: string) => Number((await superuser.query<{ n: string }>(sql)).rows[0]!.n)

test('32 writers, two sealers whose connections are cut again and again: each event sealed once, in one order', async () => {
  const key = aKey()
  const sealers = [seal(key), seal(key)]
  let storm = true
  const cuts = (async () => {
    let n = 0
    while (storm) {
      await sleep(Math.random() * 20)
      n += await count(
        `SELECT count(pg_terminate_backend(pid)) AS n FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = 'latchkey sealer' AND state <> 'idle'`,
      )
    }
    return n
  })()
  const end = performance.now() + 8_000
  const written = await writers(database.url, 32, () => performance.now() < end)
  storm = false
  expect(await cuts).toBeGreaterThan(10)
  await untilSealed(database.url, 5_000)

  expect(await examine(database.url)).toMatchObject({ ...HOLDS, size: written })
  // Both were at it, and no size was published twice.
  const sizes = sealers.flatMap(({ published }) => published.map(({ size }) => size))
  expect(new Set(sizes).size).toBe(sizes.length)
}, 60_000)

test('a long transaction holds back what came after it, and then all of it is sealed', async () => {
  const sealer = seal()
  const slow = new pg.Client(database.url)
  await slow.connect()
  ends.push(() => slow.end())
  await slow.query('BEGIN')
  await add(1, slow)
  await add(10)
  await sleep(500)
  expect(await count('SELECT size AS n FROM audit.sealer_state')).toBe(0)
  const app = openPool(database.url, { max: 1 })
  ends.push(() => app.end())
  const lag = await sealLag(app)
  expect(lag).toMatchObject({ unsealed: 10, isMore: false })
  expect(lag.milliseconds).toBeGreaterThanOrEqual(490)
  expect(sealer.sealing()).toEqual({ state: 'works' })

  await slow.query('COMMIT')
  await untilSealed(database.url)

  expect(await examine(database.url)).toMatchObject({ ...HOLDS, size: 11 })
  expect(await sealLag(app)).toEqual({ unsealed: 0, isMore: false, milliseconds: 0 })
})

test('events from before there was a sealer are sealed like any others', async () => {
  await add(600)
  seal()
  await untilSealed(database.url)

  const found = await examine(database.url)

  expect(found).toMatchObject({ ...HOLDS, size: 600 })
  expect(found.checkpoints).toHaveLength(1)
})

test('a batch ends between transactions, and one that is larger than a batch stays whole', async () => {
  for (const events of [7, 1, 25, 3, 3, 3, 10]) await add(events)
  seal(aKey(), undefined, { limit: 10 })
  await untilSealed(database.url)

  const found = await examine(database.url)

  expect(found).toMatchObject(HOLDS)
  expect(found.checkpoints.map(({ size }) => Number(size))).toEqual([8, 33, 42, 52])
})

test('nothing new makes no checkpoint and uses no transaction up', async () => {
  await add(1)
  seal()
  await untilSealed(database.url)
  // Of this database's sealer alone: other tests use the same server.
  const using = `SELECT count(*) AS n FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'latchkey sealer' AND backend_xid IS NOT NULL`
  let used = 0
  for (let look = 0; look < 100; look++) {
    used += await count(using)
    await sleep(3)
  }
  expect(used).toBe(0)
  expect(await count('SELECT count(*) AS n FROM audit.checkpoint')).toBe(1)
})

test('time is told to nobody: the order is that of the seals, also when the clock was stepped back', async () => {
  seal()
  await add(2)
  await superuser.query(
    `INSERT INTO audit.event (at, action, actor, request_id, payload) VALUES (now() - interval '1 hour', 'a.b', 'x', 'r', '{}')`,
  )
  await add(1)
  await untilSealed(database.url)

  expect(await examine(database.url)).toMatchObject({ ...HOLDS, size: 4 })
})

test('told to stop, it seals to the end', async () => {
  const sealer = seal(aKey(), undefined, { every: 60_000 })
  await sleep(200)
  await add(20)
  await sealer.stop()

  expect(await examine(database.url)).toMatchObject({ ...HOLDS, size: 20 })
})

test('a database that is away is told once and stops nothing', async () => {
  const sealer = seal()
  await superuser.query('ALTER TABLE audit.seal RENAME TO gone')
  await add(1)
  await expect.poll(() => sealer.sealing().state).toBe('fails')
  await superuser.query('ALTER TABLE audit.gone RENAME TO seal')
  await untilSealed(database.url, 15_000)

  await expect.poll(() => sealer.sealing().state).toBe('works')
  expect(sealer.said.at(-1)).toBe('the audit log is sealed again')
})

describe('the key', () => {
  const notes = async () =>
    (await superuser.query<{ note: string }>('SELECT note FROM audit.checkpoint ORDER BY size'))
      .rows
  const signatures = (note: string) =>
    note.split('\n').filter((line) => line.startsWith('— ')).length

  test('changes as an event: its checkpoint has both signatures, later ones the new alone', async () => {
    const [former, key] = [aKey(), aKey()]
    const first = seal(former)
    await add(3)
    await untilSealed(database.url)
    await first.stop()

    const second = seal(key, former)
    await untilSealed(database.url)
    await expect.poll(() => count('SELECT count(*) AS n FROM audit.signing_key')).toBe(2)
    await second.stop()
    seal(key)
    await add(1)
    await untilSealed(database.url)

    const events = await superuser.query<{ payload_j: KeyRotation }>(
      "SELECT payload_j FROM audit.event WHERE action = 'key.rotated'",
    )
    const { rows: keys } = await superuser.query<{ public_key: string; from_size: string }>(
      'SELECT public_key, from_size FROM audit.signing_key ORDER BY from_size',
    )
    expect(events.rows).toHaveLength(1)
    const opened = openRotation(events.rows[0]!.payload_j)
    expect([opened.from.key, opened.to.key]).toEqual(keys.map(({ public_key }) => public_key))
    expect(keys[1]!.from_size).toBe('4')
    expect((await notes()).map(({ note }) => signatures(note))).toEqual([1, 2, 1])
    expect(await examine(database.url)).toMatchObject({ ...HOLDS, size: 5 })
  })

  test.each([
    ['that nobody vouches for', () => [aKey(), undefined] as const],
    ['that another key vouches for', () => [aKey(), aKey()] as const],
  ])(
    '%s does not sign; the portal records on, and the former key seals it all',
    async (_what, keys) => {
      const former = aKey()
      const first = seal(former)
      await add(3)
      await untilSealed(database.url)
      await first.stop()

      const refusing = seal(...keys())
      await expect
        .poll(() => refusing.sealing())
        .toMatchObject({ state: 'refuses', reason: 'key_unknown' })
      expect(refusing.said[0]).toMatch(/^the audit log is not sealed: AUDIT_SIGNING_KEY is/)
      await add(2)
      await refusing.stop()
      expect(await count('SELECT size AS n FROM audit.sealer_state')).toBe(3)

      seal(former)
      await untilSealed(database.url)
      expect(await examine(database.url)).toMatchObject({ ...HOLDS, size: 5 })
    },
  )

  test('that was replaced does not come back', async () => {
    const [former, key] = [aKey(), aKey()]
    for (const keys of [[former], [key, former]] as const) {
      const sealer = seal(...keys)
      await add(1)
      await untilSealed(database.url)
      await sealer.stop()
    }
    await expect.poll(() => count('SELECT count(*) AS n FROM audit.signing_key')).toBe(2)

    const back = seal(former, key)

    await expect.poll(() => back.sealing()).toMatchObject({ reason: 'key_retired' })
  })
})

test('a database that was restored into another cluster is not sealed until somebody says so', async () => {
  const key = aKey()
  const first = seal(key)
  await add(5)
  await untilSealed(database.url)
  await first.stop()
  await superuser.query("UPDATE audit.sealer_state SET watermark = '4000000000000'")
  await add(1)

  const refusing = seal(key)
  await expect
    .poll(() => refusing.sealing())
    .toMatchObject({ state: 'refuses', reason: 'database_restored' })
  await superuser.query("UPDATE audit.sealer_state SET watermark = '0'")
  await untilSealed(database.url)

  expect(await examine(database.url)).toMatchObject({ ...HOLDS, size: 6 })
})
