import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  killInStorm,
  makeClients,
  mint,
  openWeather,
  reckon,
  storm,
  type Weather,
} from './storm.ts'

let weather: Weather
beforeAll(async () => void (weather = await openWeather()))
afterAll(() => weather?.close())

test('killed twice in a storm of mints, every token that a client has is in the log, whole', async () => {
  const portal = await killInStorm(weather, 2)

  const reckoned = await reckon(weather)
  expect(reckoned.received).toBeGreaterThan(0)
  expect(reckoned.unrecorded).toEqual([])
  expect(reckoned.crooked).toEqual([])
  portal.process.kill('SIGTERM')
  await once(portal.process, 'exit')
}, 120_000)

test('told to stop in a storm it answers what it began, and ends with 0 in time', async () => {
  const portal = await weather.start()
  const clients = await makeClients(weather, 16)
  let over = false
  const storming = storm(weather, clients, () => over)
  await sleep(500)
  const told = performance.now()
  portal.process.kill('SIGTERM')
  const [code] = (await once(portal.process, 'exit')) as [number]
  const took = performance.now() - told
  over = true
  const statuses = await storming

  expect(code).toBe(0)
  expect(took).toBeLessThan(10_000)
  expect(statuses.get(201)).toBeGreaterThan(0)
  expect([...statuses.keys()].filter((status) => ![0, 201, 503].includes(status))).toEqual([])
  expect((await reckon(weather)).unrecorded).toEqual([])
}, 60_000)

describe('what cannot work is said at start, and nothing starts', () => {
  const refused = async (over: NodeJS.ProcessEnv) => {
    const { code, said } = await weather.startRefused(over)
    expect(code).toBe(1)
    expect(said).not.toMatch(/hunter2| {4}at /)
    return said
  }

  test('a bad environment', async () => {
    expect(await refused({ OIDC_CLIENT_ID: '', LOG_LEVEL: 'loud' })).toMatch(
      /OIDC_CLIENT_ID is missing[^]*LOG_LEVEL must be/,
    )
  })
  test('a bad catalog', async () => {
    const file = join(weather.lab.authority.file, '..', 'bad.yaml')
    writeFileSync(file, 'teams: {}\ndatabases: {}\naccess: [{ team: nobody }]\n')
    expect(await refused({ CATALOG_FILE: file })).toMatch(/bad\.yaml:\d+:\d+ access\[0\].*→/)
  })
})

test('with its store away it gives no token and stays alive, and comes back by itself', async () => {
  const portal = await weather.start()
  const [client] = await makeClients(weather, 1)
  expect(await mint(weather, client!)).toBe(201)
  const received = weather.ledger.length

  // Every connection is cut, and none is let in.
  const admin = weather.lab.postgres
  const cut = async (sql: string) => {
    const { default: pg } = await import('pg')
    const one = new pg.Client(admin.url('postgres'))
    await one.connect()
    await one.query(sql)
    await one.end()
  }
  await cut('ALTER DATABASE latchkey ALLOW_CONNECTIONS false')
  await cut("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'latchkey'")
  expect(await mint(weather, client!)).toBe(503)
  expect((await fetch(`${weather.url}/readyz`)).status).toBe(503)
  expect((await fetch(`${weather.url}/healthz`)).status).toBe(200)
  expect(weather.ledger.length).toBe(received)

  await cut('ALTER DATABASE latchkey ALLOW_CONNECTIONS true')
  expect(await mint(weather, client!)).toBe(201)
  expect(portal.process.exitCode).toBeNull()
  portal.process.kill('SIGTERM')
  await once(portal.process, 'exit')
}, 60_000)
