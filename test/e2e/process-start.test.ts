import { once } from 'node:events'
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
}, 60_000)

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
