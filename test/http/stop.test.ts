import { once } from 'node:events'
import { Agent, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { buildApp } from '../../server/app.ts'
import { logOf } from '../store/store.ts'
import { HOST, openGrant, partsOf, PUBLIC_URL, usePortal } from './portal.ts'
import { open, parseAnswer, readToEnd } from './wire.ts'

const portal = usePortal()

/** A portal of its own that listens, where every request of `/api/me/account` and every mint waits for `release`. */
async function listening() {
  const parts = await partsOf(portal)
  let release = () => {}
  const gate = new Promise<void>((resolve) => (release = resolve))
  let inside = 0
  const gated = async () => {
    inside += 1
    await gate
  }
  const app = await buildApp({
    ...parts,
    showAccount: async (actor) => {
      await gated()
      return parts.showAccount(actor)
    },
    access: {
      ...parts.access,
      issueToken: async (...args) => {
        await gated()
        return parts.access.issueToken(...args)
      },
    },
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  return { app, port, release, inside: () => inside }
}

type Answer = { status: number; connection: string | undefined; body: string }

const until = async (truth: () => boolean) => {
  while (!truth()) await new Promise((resolve) => setTimeout(resolve, 5))
}

test('what is in flight when it stops is answered and recorded, none is reset, and it is over in time', async () => {
  const { app, port, release, inside } = await listening()
  const agent = new Agent({ keepAlive: true })
  const cookie = await portal.cookie('team', 'in flight')
  const grant = await openGrant(portal, cookie)
  const send = (method: string, path: string, body?: string) =>
    new Promise<Answer>((resolve, reject) => {
      const headers = {
        host: HOST,
        cookie,
        origin: PUBLIC_URL,
        ...(body && { 'content-type': 'application/json' }),
      }
      const sent = request({ agent, port, host: '127.0.0.1', method, path, headers }, (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('error', reject)
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            connection: answer.headers.connection,
            body: Buffer.concat(chunks).toString(),
          }),
        )
      })
      sent.on('error', reject)
      sent.end(body)
    })
  // Sockets that have served before and wait for more, as a browser and a proxy keep them.
  await Promise.all(Array.from({ length: 60 }, () => send('GET', '/healthz')))

  const waiting = [
    ...Array.from({ length: 40 }, () => send('GET', '/api/me/account')),
    ...Array.from({ length: 10 }, () =>
      send('POST', `/api/grants/${grant}/tokens`, '{"endpoint":"writer"}'),
    ),
  ]
  await until(() => inside() === 50)
  const began = performance.now()
  const closed = app.close()
  await new Promise((resolve) => setTimeout(resolve, 100))
  release()
  const answers = await Promise.all(waiting)
  await closed
  const took = performance.now() - began

  expect(answers.map(({ status }) => status)).toEqual([
    ...Array<number>(40).fill(200),
    ...Array<number>(10).fill(201),
  ])
  expect(new Set(answers.map(({ connection }) => connection))).toEqual(new Set(['close']))
  expect(took).toBeLessThan(10_000)
  const log = (await logOf(portal.store)).filter(({ payload_j }) => payload_j['grant'] === grant)
  expect(log.filter(({ action }) => action === 'token.issued')).toHaveLength(10)
  expect(log.filter(({ action }) => action === 'token.intent')).toHaveLength(10)
  agent.destroy()
})

test('connections that never asked, or asked half, do not keep it from stopping', async () => {
  const { app, port } = await listening()
  const silent = await Promise.all([open(port), open(port), open(port)])
  const half = await open(port)
  half.write('GET /healthz HTTP/1.1\r\nHost: ')
  const again = await open(port)
  again.write('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n')
  await once(again, 'data')
  for (const socket of [...silent, half, again]) socket.on('error', () => {}).resume()

  const began = performance.now()
  await app.close()

  expect(performance.now() - began).toBeLessThan(10_000)
})

test('what never ends does not keep it from stopping either', async () => {
  const { app, port, inside } = await listening()
  const socket = await open(port)
  socket.on('error', () => {}).resume()
  const cookie = await portal.cookie('team', 'for ever')
  socket.write(`GET /api/me/account HTTP/1.1\r\nHost: ${HOST}\r\nCookie: ${cookie}\r\n\r\n`)
  await until(() => inside() === 1)

  const began = performance.now()
  await app.close()

  expect(performance.now() - began).toBeLessThan(10_000)
})

test('what arrives while it stops is refused as every refusal is, and begins nothing', async () => {
  const { app, port, release, inside } = await listening()
  const cookie = await portal.cookie('team', 'too late')
  const late = await open(port)
  const early = await open(port)
  early.on('error', () => {}).resume()
  early.write(`GET /api/me/account HTTP/1.1\r\nHost: ${HOST}\r\nCookie: ${cookie}\r\n\r\n`)
  await until(() => inside() === 1)
  const logged = (await logOf(portal.store)).length

  const closed = app.close()
  const body = JSON.stringify({
    team: 'payments',
    database: 'orders',
    user: 'orders_reader',
    seconds: 60,
  })
  late.write(
    `POST /api/requests HTTP/1.1\r\nHost: ${HOST}\r\nCookie: ${cookie}\r\nOrigin: ${PUBLIC_URL}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  const answer = parseAnswer(await readToEnd(late))
  release()
  await closed

  expect(answer.status).toBe(503)
  expect(answer.headers).toMatchObject({
    'content-type': expect.stringMatching(/^application\/problem\+json/),
    connection: 'close',
    'retry-after': '1',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  })
  expect(JSON.parse(answer.body)).toMatchObject({ status: 503, code: 'unavailable' })
  expect(await logOf(portal.store)).toHaveLength(logged)
})
