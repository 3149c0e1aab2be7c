import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from './stage.ts'
import {
  type Client,
  makeClients,
  mint,
  openWeather,
  type Portal,
  spawnPortal,
  untilReady,
  type Weather,
} from './storm.ts'

const ROUNDS = 30
const AT_ONCE = 8

let weather: Weather
let portals: Portal[] = []
/** The same world, seen through one portal and through the other. */
let a: Weather
let b: Weather
beforeAll(async () => {
  weather = await openWeather()
  const urls = [weather.url, `http://localhost:${await freePort()}`]
  portals = urls.map((url) => spawnPortal(weather.lab, url, Number(new URL(url).port)))
  await Promise.all(portals.map(untilReady))
  a = { ...weather, url: urls[0]! }
  b = { ...weather, url: urls[1]! }
}, 120_000)
afterAll(async () => {
  for (const { process: child } of portals) child.kill('SIGTERM')
  for (const { process: child } of portals) if (child.exitCode === null) await once(child, 'exit')
  await weather?.close()
})

async function end({ url }: Weather, { cookie, grant }: Client): Promise<number> {
  const answer = await fetch(`${url}/api/grants/${grant}/end`, {
    method: 'POST',
    headers: { cookie, origin: url, 'content-type': 'application/json' },
    body: '{}',
  })
  return answer.status
}

test('mints on one portal lose against an end on the other, from the moment that it is answered', async () => {
  let given = 0
  let refused = 0
  for (let round = 0; round < ROUNDS; round++) {
    const [client] = await makeClients(a, 1)
    let answered = false
    const late: number[] = []
    const minting = Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let status = 201; status === 201;) {
          const afterTheEnd = answered
          status = await mint(a, client!)
          if (status === 201) given++
          else refused++
          if (afterTheEnd) late.push(status)
        }
      }),
    )
    await sleep(20 + 7 * (round % 5))
    expect(await end(b, client!)).toBe(200)
    answered = true
    await minting
    expect(await mint(a, client!)).toBe(409)
    expect(late.filter((status) => status === 201)).toEqual([])

    // Both are written under the lock of the grant, each with the time of that moment.
    const { rows } = await weather.store.pool.query<{ crooked: number; ends: number }>(
      `SELECT count(*) FILTER (WHERE l.action = 'token.intent' AND l.at > g.ended_at)::int AS crooked,
              count(*) FILTER (WHERE l.action = 'grant.ended')::int AS ends
         FROM access_grant g JOIN audit.log l ON l.payload_j->>'grant' = g.id::text WHERE g.id = $1`,
      [client!.grant],
    )
    expect(rows[0]).toEqual({ crooked: 0, ends: 1 })
  }
  expect(given).toBeGreaterThan(ROUNDS)
  expect(refused).toBe(ROUNDS * AT_ONCE)
}, 180_000)
