import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { RequestPage } from '../../server/contract/request.ts'
import { HttpPerson } from '../lab/http-person.ts'
import { PEOPLE } from '../lab/people.ts'
import { parseExposition, valueOf } from '../metrics/exposition.ts'
import { answers, type Receiver, startReceiver } from '../notify/receiver.ts'
import { freePort } from './stage.ts'
import { openWeather, type Portal, spawnPortal, untilReady, type Weather } from './storm.ts'

const SECRET = `whsec_${Buffer.from('hunter2hunter2hunter2hunter2hun').toString('base64')}`

let weather: Weather
let receiver: Receiver
let portal: Portal
let scrapeUrl: string
beforeAll(async () => {
  weather = await openWeather()
  receiver = await startReceiver(answers(500))
  const port = await freePort()
  scrapeUrl = `http://127.0.0.1:${port}/metrics`
  portal = spawnPortal(weather.lab, weather.url, Number(new URL(weather.url).port), {
    METRICS_PORT: String(port),
    NOTIFY_WEBHOOK_URL: `${receiver.url}/hook?key=hunter3`,
    NOTIFY_WEBHOOK_SECRET: SECRET,
  })
  await untilReady(portal)
})
afterAll(async () => {
  if (portal?.process.exitCode === null) portal.process.kill('SIGKILL')
  await receiver?.down()
  await weather?.close()
})

/** On a busy machine the provider may take longer than the portal waits for it. */
async function signedIn(sub: string) {
  const person = new HttpPerson()
  await vi.waitFor(() => person.signIn(weather.url, sub), { timeout: 60_000, interval: 500 })
  return person
}

const scrape = async () => {
  const answer = await fetch(scrapeUrl)
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  const text = await answer.text()
  return { text, all: parseExposition(text) }
}

test('after a walk the metrics have its numbers, and neither a secret nor anything of a person', async () => {
  const ada = await signedIn(PEOPLE[0]!.sub)
  const call = (path: string, method = 'GET', body?: object) =>
    ada.call(weather.url, path, method, body)
  const ask = async (body: object) => {
    const rule = { team: 'payments', database: 'orders', seconds: 600 }
    const answer = await call('/api/requests', 'POST', { ...rule, ...body })
    expect(answer.status).toBe(201)
    return ((await answer.json()) as RequestPage).request
  }
  const { grant } = await ask({ user: 'orders_reader' })
  const asked = await ask({ user: 'orders_writer', reason: 'hunter4 is stuck' })
  const tokens: string[] = []
  for (let i = 0; i < 3; i++) {
    const answer = await call(`/api/grants/${grant!.id}/tokens`, 'POST', { endpoint: 'writer' })
    tokens.push(((await answer.json()) as { token: string }).token)
  }
  const wrong = await call(`/api/grants/${grant!.id}/tokens`, 'POST', { endpoint: 'nowhere' })
  expect(wrong.status).toBe(400)
  await call(`/api/databases/${encodeURIComponent(PEOPLE[0]!.email)}`)
  await call(`/nothing/${PEOPLE[0]!.email}?token=hunter5`)
  const page = await (await fetch(weather.url, { headers: { accept: 'text/html' } })).text()
  const script = /\/assets\/[^"]+\.js/.exec(page)?.[0] ?? ''
  expect((await fetch(weather.url + script)).status).toBe(200)
  await expect.poll(() => receiver.received.length, { timeout: 20_000 }).toBeGreaterThan(0)
  await expect
    .poll(async () =>
      valueOf((await scrape()).all, 'latchkey_deliveries_failing', { state: 'retrying' }),
    )
    .toBeGreaterThan(0)

  const { text, all } = await scrape()
  expect(valueOf(all, 'latchkey_tokens_issued_total')).toBe(3)
  expect(valueOf(all, 'latchkey_token_failures_total', { code: 'no_such_endpoint' })).toBe(1)
  const minted = { method: 'POST', route: '/api/grants/:id/tokens', status: '201' }
  expect(valueOf(all, 'latchkey_http_request_duration_seconds_count', minted)).toBe(3)
  const absent = { route: 'none', status: '404' }
  expect(valueOf(all, 'latchkey_http_request_duration_seconds_count', absent)).toBeGreaterThan(0)
  const file = { route: '/assets/*', status: '200' }
  expect(valueOf(all, 'latchkey_http_request_duration_seconds_count', file)).toBe(1)
  // One for the tokens; reading RDS makes others, whenever its turn comes.
  expect(
    valueOf(all, 'latchkey_sts_call_duration_seconds_count', { outcome: 'well' }),
  ).toBeGreaterThanOrEqual(1)
  expect(valueOf(all, 'latchkey_requests_pending')).toBe(1)
  expect(valueOf(all, 'latchkey_outbox_pending')).toBeGreaterThan(0)
  const failed = { channel: 'webhook', outcome: 'failed' }
  expect(valueOf(all, 'latchkey_delivery_attempts_total', failed)).toBeGreaterThan(0)
  expect(valueOf(all, 'latchkey_catalog_loads_total', { outcome: 'loaded' })).toBe(1)
  expect(valueOf(all, 'latchkey_build_info')).toBe(1)
  expect(valueOf(all, 'nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0)

  const people = PEOPLE.flatMap(({ sub, givenName, familyName, email }) => [
    ...[sub, familyName, email],
    ...[`"${givenName}"`, email.split('@')[0]!],
  ])
  for (const word of [...people, ...tokens, grant!.id, asked.id, 'orders', 'payments'])
    expect(text).not.toContain(word)
  expect(text).not.toMatch(/hunter|whsec|127\.0\.0\.1|X-Amz|AKIA|ASIA|arn:aws/)
  expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-/)
}, 120_000)

test('at the address that people open there are none, whoever asks', async () => {
  const sam = await signedIn(PEOPLE[4]!.sub)
  for (const path of ['/metrics', '/api/metrics']) {
    const answer = await sam.call(weather.url, path)
    expect(answer.status).toBe(404)
    expect(await answer.text()).not.toMatch(/latchkey_/)
  }
  expect(await (await fetch(`${weather.url}/api/openapi.json`)).text()).not.toMatch(/metrics/)
})

test('a metrics port that another program has is said at start', async () => {
  const port = await freePort()
  const other = createServer().listen(port, '127.0.0.1')
  await once(other, 'listening')
  try {
    const { code, said } = await weather.startRefused({
      PORT: String(await freePort()),
      METRICS_PORT: String(port),
    })
    expect(code).toBe(1)
    expect(said).toMatch(
      /Port \d+ of 127\.0\.0\.1 is taken by another program\..*METRICS_PORT\.\n$/,
    )
  } finally {
    other.close()
  }
})

test('with the store away a scrape says so, and a stop in the middle of scrapes is in order', async () => {
  await weather.lab.postgres.stop()
  await fetch(`${weather.url}/readyz`)
  const { all } = await scrape()
  expect(valueOf(all, 'latchkey_store_up')).toBe(0)
  expect(valueOf(all, 'latchkey_requests_pending')).toBeUndefined()
  expect(valueOf(all, 'latchkey_tokens_issued_total')).toBeDefined()

  const scrapes = Promise.allSettled(Array.from({ length: 8 }, () => fetch(scrapeUrl)))
  portal.process.kill('SIGTERM')
  const told = performance.now()
  expect(await once(portal.process, 'exit')).toEqual([0, null])
  expect(performance.now() - told).toBeLessThan(10_000)
  await scrapes
}, 60_000)
