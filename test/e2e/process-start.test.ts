import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from './stage.ts'
import { openWeather, spawnPortal, untilReady, type Weather } from './storm.ts'

let weather: Weather
beforeAll(async () => void (weather = await openWeather()))
afterAll(() => weather?.close())

const query = async (database: string, sql: string) => {
  const client = new pg.Client(weather.lab.postgres.url(database))
  await client.connect()
  try {
    return (await client.query(sql)).rows as unknown[]
  } finally {
    await client.end()
  }
}

test('two portals that start at the same moment on an empty database both come up', async () => {
  await weather.lab.postgres.createDatabase('empty')
  const ports = [await freePort(), await freePort()]
  const portals = ports.map((port) =>
    spawnPortal(weather.lab, `http://localhost:${port}`, port, {
      DATABASE_URL: weather.lab.postgres.url('empty'),
    }),
  )
  try {
    await Promise.all(portals.map(untilReady))

    const applied = await query(
      'empty',
      'SELECT migration_name FROM _prisma_migrations GROUP BY 1 HAVING count(*) <> 1',
    )
    expect(applied).toEqual([])
  } finally {
    for (const { process: child } of portals) child.kill('SIGTERM')
    const codes = await Promise.all(
      portals.map(async ({ process: child }) => {
        if (child.exitCode === null) await once(child, 'exit')
        return child.exitCode
      }),
    )
    expect(codes).toEqual([0, 0])
  }
}, 150_000)

test('a database that is newer than the program is said at start, and nothing starts', async () => {
  await query(
    'latchkey',
    `INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name)
     VALUES ('newer', 'x', now(), '20990101000000_future')`,
  )
  try {
    const { code, said } = await weather.startRefused({})
    expect(code).toBe(1)
    expect(said).toMatch(/The database is newer than this program .*20990101000000_future/)
    expect(said).not.toMatch(/ {4}at /)
  } finally {
    await query('latchkey', `DELETE FROM _prisma_migrations WHERE id = 'newer'`)
  }
})

test.each<[string, () => NodeJS.ProcessEnv, RegExp]>([
  [
    'a host without a database',
    () => ({ DATABASE_URL: 'postgresql://latchkey:hunter2@127.0.0.1:1/latchkey' }),
    /^The database of DATABASE_URL cannot be reached: nothing listens at 127\.0\.0\.1:1\. Start PostgreSQL there, or mend the host and port\.\n$/,
  ],
  [
    'a host that nobody knows',
    () => ({ DATABASE_URL: 'postgresql://latchkey:hunter2@nowhere.invalid/latchkey' }),
    /^The database of DATABASE_URL cannot be reached: .*nowhere\.invalid.*\n$/,
  ],
  [
    'a database that is not there',
    () => ({ DATABASE_URL: weather.lab.postgres.url('nothing') }),
    /^The database of DATABASE_URL cannot be reached: .*database "nothing" does not exist\.\n$/,
  ],
  [
    'an address that is not ours',
    () => ({ HOST: '192.0.2.1' }),
    /192\.0\.2\.1 is no address of this machine\. Set HOST to one that is, or to 0\.0\.0\.0 for all of them\.\n$/,
  ],
  [
    'a catalog that is not there',
    () => ({ CATALOG_FILE: '/nothing/latchkey.yaml' }),
    /^\/nothing\/latchkey\.yaml.*there is no such file/,
  ],
  [
    'a catalog with two mistakes',
    () => {
      const file = join(mkdtempSync(join(tmpdir(), 'latchkey-start-')), 'bad.yaml')
      writeFileSync(file, 'teams: 5\naccess: no\n')
      return { CATALOG_FILE: file }
    },
    /bad\.yaml:1.*\n.*[^]*bad\.yaml:2/,
  ],
])('%s: it says so in sentences, and ends', async (_what, over, sentence) => {
  const { code, said } = await weather.startRefused(over())
  expect(code).toBe(1)
  expect(said).toMatch(sentence)
  expect(said).not.toMatch(/ {4}at |Error:|hunter2/)
})

test('a port that another program has is named, with what to do', async () => {
  const other = createServer().listen(Number(new URL(weather.url).port), '127.0.0.1')
  await once(other, 'listening')
  try {
    const { code, said } = await weather.startRefused({})
    expect(code).toBe(1)
    expect(said).toMatch(
      /Port \d+ of 127\.0\.0\.1 is taken by another program\. Stop that one, or choose another PORT\.\n$/,
    )
    expect(said).not.toMatch(/ {4}at |Error:/)
  } finally {
    other.close()
  }
})
