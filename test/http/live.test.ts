import type { AddressInfo } from 'node:net'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { buildApp, type Parts } from '../../server/app.ts'
import type { RequestPage } from '../../server/contract/request.ts'
import { securityHeaders } from '../../server/http/security.ts'
import { accessStore } from '../../server/store/access.ts'
import { openChanges } from '../../server/store/changes.ts'
import { openStore } from '../../server/store/store.ts'
import { follow, type Following, until } from './follow.ts'
import { CATALOG, catalogOf, HOST, type Kind, partsOf, type Portal, usePortal } from './portal.ts'

const portal = usePortal()
const BEAT = 15_000
const WRITER = { team: 'payments', database: 'orders', user: 'orders_writer' }

const closers: (() => Promise<unknown>)[] = []
let port: number
beforeEach(async () => {
  // The beats are the test's; everything else keeps its own time.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  port = (await listening()).port
})
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
  vi.useRealTimers()
})

/** A portal of its own that listens, on the same database. */
async function listening(over: Partial<Parts> = {}, base: Portal = portal) {
  const app = await buildApp({ ...(await partsOf(base)), ...over })
  closers.push(() => app.close())
  await app.listen({ port: 0, host: '127.0.0.1' })
  return { app, port: (app.server.address() as AddressInfo).port }
}

/** Another process, as far as one process can be: its own connections to the same database. */
async function anotherPortal(): Promise<Portal> {
  const store = openStore(portal.url)
  closers.push(store.close)
  const changes = await openChanges(portal.url, () => {})
  closers.push(changes.close)
  const other = { ...portal, store, changes }
  other.app = (await listening({}, other)).app
  return other
}

/** Asked by `on.app`, or by the portal of the file. */
async function post(url: string, cookie: string, body: unknown, on: Portal = portal) {
  const answer = await on.app.inject({
    method: 'POST',
    url,
    headers: { host: HOST, origin: 'https://latchkey.example.com', cookie },
    payload: body as object,
  })
  if (answer.statusCode >= 300) throw new Error(answer.body)
  return answer.json<RequestPage>().request
}
let subjects = 0
const person = (kind: Kind, subject = `${kind} ${++subjects}`) => portal.cookie(kind, subject)
const ask = (cookie: string, on = portal) =>
  post('/api/requests', cookie, { ...WRITER, seconds: 60, reason: 'INC-1' }, on)

async function following(cookie: string, at = port): Promise<Following> {
  const stream = await follow(at, cookie)
  closers.push(async () => stream.leave())
  await stream.heard('hello')
  return stream
}

/** What only time or an owner can do. */
async function asOwner(sql: string, values: unknown[] = []) {
  const client = new pg.Client(portal.url)
  await client.connect()
  const { rows } = await client.query<Record<string, unknown>>(sql, values)
  await client.end()
  return rows
}
const ofSession = (cookie: string) => `key_hash = sha256('${cookie.split('=')[1]}'::bytea)`
const lastSeen = async (cookie: string) =>
  (await asOwner(`SELECT last_seen FROM session WHERE ${ofSession(cookie)}`))[0]?.['last_seen']

/** A last change that every person is the owner of one of: what came before it has arrived, or never will. */
async function lastChange(cookie: string) {
  const [row] = await asOwner(
    `SELECT person_id, gen_random_uuid()::text AS id FROM session WHERE ${ofSession(cookie)}`,
  )
  const { person_id: personId, id } = row as { person_id: string; id: string }
  await accessStore(portal.store).transaction((tx) => tx.announce({ id, personId, ...WRITER }))
  return id
}
const changesOf = ({ said }: Following) =>
  said.filter(({ event }) => event === 'change').map(({ data }) => data)
const has = (stream: Following, request: string) =>
  until(() => JSON.stringify(changesOf(stream)).includes(request))

describe('who hears of a change', () => {
  test.each(['this portal', 'another portal on the same database'])(
    'made on %s: who asked, who decides and who administers, at each step',
    async (where) => {
      const on = where === 'this portal' ? portal : await anotherPortal()
      const [asker, approver, administrator] = await Promise.all([
        person('team'),
        person('approver'),
        person('administrator'),
      ])
      const streams = await Promise.all([asker, approver, administrator].map((c) => following(c)))

      const { id } = await ask(asker, on)
      const seen = await portal.call('GET', `/api/requests/${id}`, { cookie: approver })
      const { version } = seen.json<RequestPage>()
      const { grant } = await post(`/api/requests/${id}/approve`, approver, { version }, on)
      await post(`/api/grants/${grant!.id}/end`, asker, {}, on)

      for (const stream of streams) {
        await until(() => changesOf(stream).length >= 3)
        expect(changesOf(stream)).toEqual([{ request: id }, { request: id }, { request: id }])
      }
    },
  )

  test.each(['team', 'otherTeam', 'auditor', 'nobody'] as const)(
    'not a stranger (%s)',
    async (kind) => {
      const stranger = await person(kind)
      const stream = await following(stranger)

      await ask(await person('team'))
      const request = await lastChange(stranger)
      await has(stream, request)

      expect(changesOf(stream)).toEqual([{ request }])
    },
  )

  test('as the catalog in force says when it happens', async () => {
    const stream = await following(await person('approver'))
    const administrator = await following(await person('administrator'))

    portal.catalog = catalogOf(CATALOG.replace('payments-leads', 'others'))
    await has(administrator, (await ask(await person('team'))).id)
    portal.catalog = catalogOf(CATALOG)
    const { id } = await ask(await person('team'))
    await has(stream, id)

    expect(changesOf(stream)).toEqual([{ request: id }])
  })
})

describe('the session', () => {
  const beat = () => vi.advanceTimersByTime(BEAT)
  const OVER = [
    { event: 'hello', data: {} },
    { event: 'over', data: {} },
  ]

  test('that is signed out ends its stream at the next beat, and no other', async () => {
    const [mine, other] = [await person('team'), await person('team')]
    const [stream, goesOn] = [await following(mine), await following(other)]

    await portal.call('POST', '/auth/logout', { cookie: mine, body: {} })
    beat()
    await until(() => stream.ended() !== undefined)
    const request = await lastChange(other)
    await has(goesOn, request)

    expect(stream.said).toEqual(OVER)
    expect(stream.ended()).toBe('in order')
    expect(goesOn.text()).toContain('\n\n:\n\n')
    expect(goesOn.ended()).toBeUndefined()
  })

  test.each([
    ['was not used for 30 minutes', "last_seen = clock_timestamp() - interval '30 minutes'"],
    ['is ten hours old', 'ends_at = clock_timestamp()'],
  ])('that %s ends its stream', async (_when, sql) => {
    const cookie = await person('team')
    const stream = await following(cookie)

    await asOwner(`UPDATE session SET ${sql} WHERE ${ofSession(cookie)}`)
    beat()
    await until(() => stream.ended() !== undefined)

    expect(stream.said).toEqual(OVER)
  })

  test('is not kept alive by a page that only follows', async () => {
    const cookie = await person('team')
    const long = "clock_timestamp() - interval '20 minutes'"
    await asOwner(`UPDATE session SET last_seen = ${long} WHERE ${ofSession(cookie)}`)
    const before = await lastSeen(cookie)

    const stream = await following(cookie)
    beat()
    beat()
    await until(() => stream.text().split(':\n\n').length > 2)
    await lastChange(cookie)
    await stream.heard('change')
    expect(await lastSeen(cookie)).toEqual(before)

    await portal.call('GET', '/api/me', { cookie })
    expect(await lastSeen(cookie)).not.toEqual(before)
  })

  test('is not kept alive by what an unattended page asks for, but by what a person does', async () => {
    const cookie = await person('team')
    const long = "clock_timestamp() - interval '20 minutes'"
    await asOwner(`UPDATE session SET last_seen = ${long} WHERE ${ofSession(cookie)}`)
    const before = await lastSeen(cookie)
    const headers = { 'x-latchkey-background': '1' }

    for (const url of ['/api/requests', '/api/grants', '/api/databases', '/api/me'])
      expect((await portal.call('GET', url, { cookie, headers })).statusCode).toBe(200)
    expect(await lastSeen(cookie)).toEqual(before)

    await portal.call('GET', '/api/requests', { cookie })
    expect(await lastSeen(cookie)).not.toEqual(before)
  })

  test('that cannot be asked for keeps its stream until it can', async () => {
    const { sessions } = await partsOf(portal)
    let asked = 0
    const cookie = await person('team')
    const flaky = await listening({
      sessions: {
        ...sessions,
        detail: async (id) => {
          asked += 1
          if (asked === 1) throw new Error('the database is away')
          return sessions.detail(id)
        },
      },
    })
    const stream = await following(cookie, flaky.port)

    beat()
    await has(stream, await lastChange(cookie))
    await portal.call('POST', '/auth/logout', { cookie, body: {} })
    beat()
    await until(() => stream.ended() !== undefined)

    expect(stream.said.map(({ event }) => event)).toEqual(['hello', 'change', 'over'])
  })
})

test('when the connection to the database was cut, pages hear that they missed something, and then of changes again', async () => {
  const cookie = await person('team')
  const stream = await following(cookie)

  await asOwner(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'latchkey changes' AND datname = current_database()",
  )
  await stream.heard('missed')
  const { id } = await ask(cookie)
  await has(stream, id)

  expect(stream.said).toEqual([
    { event: 'hello', data: {} },
    { event: 'missed', data: {} },
    { event: 'change', data: { request: id } },
  ])
})

test('the stream has the headers of every response, is not buffered, and its connection is not used again', async () => {
  const { status, headers } = await following(await person('team'))

  expect(status).toBe(200)
  expect(headers).toMatchObject({
    ...securityHeaders(true),
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    connection: 'close',
  })
})

test('HEAD opens nothing', async () => {
  const cookie = await person('team')
  const answer = await portal.app.inject({
    method: 'HEAD',
    url: '/api/live',
    headers: { host: HOST, cookie },
  })
  expect(answer.statusCode).toBe(404)
})

test('the contract says what it is', () => {
  const { paths } = portal.app.swagger() as { paths: Record<string, unknown> }
  expect(paths['/api/live/'] ?? paths['/api/live']).toMatchObject({
    get: {
      responses: {
        200: { content: { 'text/event-stream': { schema: { type: 'string' } } } },
        default: { content: { 'application/json': {} } },
      },
    },
  })
})

describe('the limits', () => {
  test('a session has eight streams, and one that is closed makes room', async () => {
    const cookie = await person('team')
    const streams = await Promise.all(Array.from({ length: 8 }, () => following(cookie)))

    const ninth = await follow(port, cookie)
    await until(() => ninth.ended() !== undefined)
    expect(ninth.status).toBe(429)
    expect(ninth.headers).toMatchObject({
      'content-type': expect.stringMatching(/^application\/problem\+json/) as string,
      'retry-after': '15',
    })
    expect(JSON.parse(ninth.text())).toMatchObject({
      code: 'too_many',
      reason: 'session_streams',
      mend: expect.any(String) as string,
    })
    expect((await following(await person('team'))).status).toBe(200)

    streams[0]!.leave()
    let again = await follow(port, cookie)
    while (again.status === 429) again = await follow(port, cookie)
    closers.push(async () => again.leave())
    expect(again.status).toBe(200)
  })

  test('a process has a thousand', async () => {
    const { app } = await listening()
    const open = (cookie: string) =>
      app.inject({ url: '/api/live', headers: { host: HOST, cookie }, payloadAsStream: true })
    const cookies: string[] = []
    while (cookies.length < 126) cookies.push(await person('nobody', 'of many sessions'))

    for (const cookie of cookies.slice(0, 125)) {
      const answers = await Promise.all(Array.from({ length: 8 }, () => open(cookie)))
      expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(8).fill(200))
    }
    const refused = await app.inject({
      url: '/api/live',
      headers: { host: HOST, cookie: cookies[125]! },
    })

    expect(refused.statusCode).toBe(503)
    expect(refused.headers['retry-after']).toBe('60')
    expect(refused.json()).toMatchObject({
      code: 'unavailable',
      reason: 'process_streams',
      mend: expect.any(String) as string,
    })
  }, 120_000)

  test('who does not read is cut, and who reads misses nothing of the same flood', async () => {
    const listeners = new Set<Parameters<Parts['changes']['subscribe']>[0]>()
    const flooded = await listening({
      changes: {
        subscribe: (listener) => {
          listeners.add(listener)
          return () => void listeners.delete(listener)
        },
      },
    })
    const administrator = await person('administrator')
    const reader = await following(administrator, flooded.port)
    const [reading] = listeners
    const deaf = await follow(flooded.port, administrator, false)
    closers.push(async () => deaf.leave())
    expect(listeners.size).toBe(2)

    const id = '00000000-0000-4000-8000-000000000000'
    let told = 0
    while (listeners.size === 2 && told < 500_000) {
      for (let n = 0; n < 500; n++, told++)
        for (const listener of listeners) listener({ id, personId: id, ...WRITER })
      // The reader keeps up; the deaf one has the kernel's buffers to fill, and then its own.
      await until(() => reader.said.length > told)
    }

    expect([...listeners]).toEqual([reading])
    expect(reader.ended()).toBeUndefined()
    expect(changesOf(reader)).toHaveLength(told)
  }, 120_000)
})

test('a stop ends every stream in order, and at once', async () => {
  const { app, port } = await listening()
  const cookies = await Promise.all([person('team'), person('approver'), person('nobody')])
  const streams = await Promise.all(
    cookies.flatMap((c) => [c, c, c]).map((c) => following(c, port)),
  )
  const deaf = await follow(port, cookies[0]!, false)

  const began = performance.now()
  await app.close()
  const took = performance.now() - began
  deaf.leave()

  await until(() => streams.every((stream) => stream.ended() !== undefined))
  expect(streams.map((stream) => stream.ended())).toEqual(streams.map(() => 'in order'))
  // Cut by the portal's patience they would take seven seconds, and not end in order.
  expect(took).toBeLessThan(10_000)
})
