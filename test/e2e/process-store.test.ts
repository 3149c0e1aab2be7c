import { dirname } from 'node:path'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres } from '../lab/postgres.ts'
import { makeClients, mint, openWeather, reckon, storm, type Weather } from './storm.ts'

let weather: Weather
let restarted: Awaited<ReturnType<typeof startPostgres>> | undefined
beforeAll(async () => void (weather = await openWeather()))
afterAll(async () => {
  await restarted?.stop()
  await weather?.close()
})

test('its PostgreSQL stopped in a storm: no token, no crash, and it comes back by itself', async () => {
  const portal = await weather.start()
  const clients = await makeClients(weather, 16)
  const home = dirname(String(weather.lab.postgres.config.host))
  const storming = { over: false }
  const first = storm(weather, clients, () => storming.over)
  await expect.poll(() => weather.ledger.length, { timeout: 20_000 }).toBeGreaterThan(100)

  // A fast shutdown cuts connections in the middle of their transactions.
  await weather.lab.postgres.stop()
  await sleep(500)
  const received = weather.ledger.length
  expect(portal.process.exitCode).toBeNull()
  expect((await fetch(`${weather.url}/healthz`)).status).toBe(200)
  expect((await fetch(`${weather.url}/readyz`)).status).toBe(503)
  expect(await mint(weather, clients[0]!)).toBe(503)
  await sleep(500)
  storming.over = true
  const statuses = await first
  expect([...statuses.keys()].sort()).toEqual([201, 503])
  expect(weather.ledger.length).toBe(received)

  restarted = await startPostgres(home)
  await expect.poll(() => mint(weather, clients[0]!), { timeout: 15_000 }).toBe(201)

  expect(portal.process.exitCode).toBeNull()
  expect(portal.output.join('')).not.toMatch(/uncaught|unhandled/i)
  const reckoned = await reckon(weather)
  expect(reckoned.unrecorded).toEqual([])
  expect(reckoned.crooked).toEqual([])
  portal.process.kill('SIGTERM')
  expect(await once(portal.process, 'exit')).toEqual([0, null])
}, 150_000)
