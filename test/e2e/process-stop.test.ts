import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Client, makeClients, mint, openWeather, reckon, type Weather } from './storm.ts'

let weather: Weather
let admin: pg.Client
beforeAll(async () => {
  weather = await openWeather()
  admin = new pg.Client(weather.lab.postgres.url('latchkey'))
  await admin.connect()
})
afterAll(async () => {
  await admin?.end()
  await weather?.close()
})

/** Whether so many mints of the portal wait for the lock that we hold, before the first of them gives up waiting. */
async function areHeldUp(count: number): Promise<boolean> {
  for (const end = performance.now() + 600; performance.now() < end; await sleep(10)) {
    const { rows } = await admin.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted AND relation = 'audit.event'::regclass`,
    )
    if (rows[0]!.n >= count) return true
  }
  return false
}

/** A mint of each client, begun by the portal and held up by us; on a busy machine it takes more than one try. */
async function holdUp(clients: Client[]): Promise<Promise<number>[]> {
  for (let i = 0; i < 20; i++) {
    await admin.query('BEGIN; LOCK TABLE audit.event IN EXCLUSIVE MODE')
    const minting = clients.map((client) => mint(weather, client))
    if (await areHeldUp(clients.length)) return minting
    await admin.query('ROLLBACK')
    await Promise.all(minting)
  }
  throw new Error('the portal never had all mints begun')
}

test('told to stop, it answers every mint that it has begun with its token, and resets none', async () => {
  const portal = await weather.start()
  const clients = await makeClients(weather, 8)
  // Role sessions, statements and connections are there before: what is held up below is the mint itself.
  for (let i = 0; i < 2; i++)
    await Promise.all(clients.map(async (client) => expect(await mint(weather, client)).toBe(201)))

  const minting = await holdUp(clients)
  const received = weather.ledger.length
  const ended = once(portal.process, 'exit')
  portal.process.kill('SIGTERM')
  const told = performance.now()
  await sleep(100)
  await admin.query('ROLLBACK')

  expect(await Promise.all(minting)).toEqual(clients.map(() => 201))
  expect(await ended).toEqual([0, null])
  expect(performance.now() - told).toBeLessThan(10_000)
  const reckoned = await reckon(weather)
  expect(reckoned.received - received).toBe(clients.length)
  expect(reckoned).toMatchObject({ unrecorded: [], crooked: [], open: 0 })
}, 150_000)
