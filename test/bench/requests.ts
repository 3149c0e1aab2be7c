import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import pg from 'pg'
import type { RequestPage } from '../../server/contract/request.ts'
import type { Site } from './site.ts'

const HEADERS = {
  origin: 'http://localhost',
  'sec-fetch-site': 'same-origin',
  'content-type': 'application/json',
}
const VIEWS = ['view=waiting', 'view=mine', 'view=all'] as const

/** Asked and approved, each with its events, its message and its window; by as many people as there are, one approver for all. */
export async function benchDeciding(
  port: number,
  { askers, lead }: Site,
  seconds: number,
): Promise<number> {
  const end = performance.now() + seconds * 1_000
  let decided = 0
  await Promise.all(
    askers.map(async ({ cookie }) => {
      while (performance.now() < end) {
        const { request: asked, version } = await post(port, '/api/requests', cookie, {
          team: 'payments',
          database: 'orders',
          user: 'orders_writer',
          seconds: 600,
          reason: 'bench',
        })
        await post(port, `/api/requests/${asked.id}/approve`, lead, { version })
        decided += 1
      }
    }),
  )
  return decided / seconds
}

const agent = new Agent({ keepAlive: true })

/** By `node:http`: `fetch` lets nobody say which host is meant. */
async function ask(port: number, method: string, path: string, cookie: string, body?: object) {
  const sent = request({
    ...{ agent, port, host: '127.0.0.1', method, path },
    headers: { ...HEADERS, host: 'localhost', cookie },
  })
  sent.end(body && JSON.stringify(body))
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  const read = await text(answer)
  if ((answer.statusCode ?? 500) >= 300) throw new Error(`${path}: ${answer.statusCode} ${read}`)
  return read
}

const post = async (port: number, path: string, cookie: string, body: object) =>
  JSON.parse(await ask(port, 'POST', path, cookie, body)) as RequestPage

/** Milliseconds of the 99th percentile of each list, with a thousand past requests and with a hundred thousand. */
export async function benchLists(port: number, site: Site, asks: number) {
  const client = new pg.Client(site.url)
  await client.connect()
  try {
    await addPast(client, 1_000)
    const few = await measure(port, site.lead, asks)
    await addPast(client, 99_000)
    const many = await measure(port, site.lead, asks)
    return VIEWS.map((view, i) => ({ view, few: few[i] ?? NaN, many: many[i] ?? NaN }))
  } finally {
    await client.end()
  }
}

/** Of everybody, of the last year: each third one led to a window, now and then as an emergency that was reviewed. */
async function addPast(client: pg.Client, count: number): Promise<void> {
  await client.query(
    `WITH people AS (SELECT array_agg(id) AS ids FROM person),
     asked AS (
       INSERT INTO access_request (id, person_id, team, database, db_user, seconds, reason, emergency, state, created_at, closed_at)
       SELECT gen_random_uuid(), p.ids[1 + n % cardinality(p.ids)], 'payments', 'orders', 'orders_writer', 600, 'past ' || n,
              n % 99 = 0, CASE WHEN n % 3 = 0 THEN 'approved' WHEN n % 3 = 1 THEN 'denied' ELSE 'lapsed' END,
              now() - (n * 300 || ' seconds')::interval, now() - (n * 300 - 60 || ' seconds')::interval
         FROM generate_series(1, $1::int) n, people p RETURNING *),
     opened AS (
       INSERT INTO access_grant (id, request_id, person_id, team, database, db_user, emergency, starts_at, ends_at, reviewed_at)
       SELECT gen_random_uuid(), id, person_id, team, database, db_user, emergency, closed_at, closed_at + interval '10 minutes',
              CASE WHEN emergency THEN closed_at END
         FROM asked WHERE state = 'approved' RETURNING *)
     INSERT INTO emergency_review (grant_id, person_id, comment)
     SELECT o.id, (SELECT id FROM person WHERE id <> o.person_id LIMIT 1), 'fine' FROM opened o WHERE emergency`,
    [count],
  )
  await client.query('ANALYZE')
}

async function measure(port: number, cookie: string, asks: number): Promise<number[]> {
  const p99s: number[] = []
  for (const view of VIEWS) {
    const taken: number[] = []
    for (let i = 0; i < asks; i++) {
      const begun = performance.now()
      await ask(port, 'GET', `/api/requests?${view}`, cookie)
      // The first ones warm plans and compiler.
      if (i >= asks / 4) taken.push(performance.now() - begun)
    }
    p99s.push(taken.toSorted((a, b) => a - b)[Math.floor(taken.length * 0.99)] ?? NaN)
  }
  return p99s
}
