import type { AddressInfo } from 'node:net'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Problem } from '../../server/contract/problem.ts'
import { securityHeaders } from '../../server/http/security.ts'
import { HOST, PUBLIC_URL, usePortal } from './portal.ts'
import { exchange, open, type RawAnswer, readToEnd } from './wire.ts'

const pages = mkdtempSync(join(tmpdir(), 'pages-'))
mkdirSync(join(pages, 'assets'))
writeFileSync(join(pages, 'index.html'), '<!doctype html><title>shell</title>')
writeFileSync(join(pages, 'assets', 'index-abc123.js'), 'export {}')

const portal = usePortal(() => ({
  pages,
  showAccount: () => Promise.reject(new Error('at /srv/db.ts')),
}))
const isProblem = new Ajv({ strict: false }).compile(Problem)
const HEADERS = securityHeaders(true)

let port: number
let cookie: string
beforeAll(async () => {
  await portal.app.listen({ port: 0, host: '127.0.0.1' })
  port = (portal.app.server.address() as AddressInfo).port
  cookie = await portal.cookie('team', 'on the wire')
})
afterAll(() => rmSync(pages, { recursive: true }))

/** A request written by hand; it asks for the end of the connection so that all of the answer is read. */
const request = (line: string, fields: string[] = [], body = '') =>
  exchange(
    port,
    [`${line} HTTP/1.1`, `Host: ${HOST}`, 'Connection: close', ...fields, '', body].join('\r\n'),
  )
const json = (body: string, fields: string[] = []) => [
  `Cookie: ${cookie}`,
  `Origin: ${PUBLIC_URL}`,
  'Content-Type: application/json',
  `Content-Length: ${Buffer.byteLength(body)}`,
  ...fields,
]
const BIG = `{"team":"${'x'.repeat(66_000)}"}`

function expectDressed({ status, headers, body }: RawAnswer) {
  for (const [name, value] of Object.entries(HEADERS))
    if (name !== 'cache-control') expect(headers[name], name).toBe(value)
  expect(headers['server'] ?? headers['x-powered-by']).toBeUndefined()
  if (status < 400) return
  expect(headers['cache-control']).toBe('no-store')
  expect(headers['content-type']).toMatch(/^application\/problem\+json/)
  expect(body).not.toMatch(/ at \/|\.ts|HPE_|FST_|ERR_|stack/)
  if (body === '') return
  expect(isProblem(JSON.parse(body)), body).toBe(true)
  expect(JSON.parse(body)).toMatchObject({ status })
}

describe('every answer on the wire has the headers, each once, and every refusal is a problem', () => {
  test.each<[string, number, () => Promise<RawAnswer>]>([
    ['a page', 200, () => request('GET /databases', ['Accept: text/html'])],
    ['an asset', 200, () => request('GET /assets/index-abc123.js')],
    [
      'an asset that the browser has',
      304,
      async () => {
        const { headers } = await request('GET /assets/index-abc123.js')
        return request('GET /assets/index-abc123.js', [`If-None-Match: ${headers['etag']}`])
      },
    ],
    [
      'a part of an asset that is not there',
      416,
      () => request('GET /assets/index-abc123.js', ['Range: bytes=900-']),
    ],
    ['HEAD of nothing', 404, () => request('HEAD /api/nothing')],
    ['PUT where there is GET', 404, () => request('PUT /api/me', json('{}'), '{}')],
    ['TRACE', 404, () => request('TRACE /', [`Origin: ${PUBLIC_URL}`])],
    ['a method of WebDAV', 404, () => request('PROPFIND /', [`Origin: ${PUBLIC_URL}`])],
    ['a method that nobody knows', 400, () => request('BREW /coffee')],
    ['a body that is too large', 413, () => request('POST /api/requests', json(BIG), BIG)],
    [
      'a body that says it is too large',
      413,
      () =>
        request('POST /api/requests', [
          `Cookie: ${cookie}`,
          `Origin: ${PUBLIC_URL}`,
          'Content-Type: application/json',
          'Content-Length: 99999999',
        ]),
    ],
    [
      'a body in pieces that is too large',
      413,
      () =>
        request(
          'POST /api/requests',
          [
            `Cookie: ${cookie}`,
            `Origin: ${PUBLIC_URL}`,
            'Content-Type: application/json',
            'Transfer-Encoding: chunked',
          ],
          `${BIG.length.toString(16)}\r\n${BIG}\r\n0\r\n\r\n`,
        ),
    ],
    [
      'a body in no type',
      415,
      () =>
        request(
          'POST /api/requests',
          [`Cookie: ${cookie}`, `Origin: ${PUBLIC_URL}`, 'Content-Length: 2'],
          '{}',
        ),
    ],
    ['no host', 421, () => exchange(port, 'GET /api/me HTTP/1.1\r\nConnection: close\r\n\r\n')],
    ['no host, by HTTP/1.0', 421, () => exchange(port, 'GET /api/me HTTP/1.0\r\n\r\n')],
    ['headers of 20 KB', 431, () => request('GET /', [`X-Long: ${'a'.repeat(20_000)}`])],
    ['an address of 17 KB', 431, () => request(`GET /${'a'.repeat(17_000)}`)],
    ['what goes wrong inside', 500, () => request('GET /api/me/account', [`Cookie: ${cookie}`])],
    ['a path that cannot be read', 400, () => request('GET /api/databases/%ff')],
    ['a path of dots', 404, () => request('GET /assets/../../etc/passwd', ['Accept: text/html'])],
    ['a target that is no path', 404, () => request('OPTIONS *')],
    ['TLS on a plain port', 400, () => exchange(port, '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1')],
    ['no HTTP at all', 400, () => exchange(port, 'SSH-2.0-OpenSSH_9.6\r\n')],
    ['HTTP/9', 400, () => exchange(port, `GET / HTTP/9.9\r\nHost: ${HOST}\r\n\r\n`)],
    ['a header without a name', 400, () => request('GET /', [': x'])],
    ['a header with a control character', 400, () => request('GET /', ['X-A: a\u0001b'])],
    ['a negative length', 400, () => request('POST /auth/logout', ['Content-Length: -1'])],
    ['an expectation that nobody knows', 401, () => request('GET /api/me', ['Expect: 200-maybe'])],
    ['a wish for WebSockets', 401, () => request('GET /api/me', ['Upgrade: websocket'])],
  ])('%s: %i', async (_what, status, ask) => {
    const answer = await ask()
    expect(answer.status, answer.body).toBe(status)
    expectDressed(answer)
  })
})

describe('one request is one request: nothing is smuggled behind another', () => {
  const hidden = 'POST /auth/logout HTTP/1.1\r\nHost: x\r\n\r\n'
  test.each([
    ['a length and pieces', ['Content-Length: 4', 'Transfer-Encoding: chunked']],
    ['pieces and a length', ['Transfer-Encoding: chunked', 'Content-Length: 4']],
    ['two lengths', ['Content-Length: 0', 'Content-Length: 44']],
    ['a coding that is not pieces', ['Transfer-Encoding: identity']],
    ['pieces and another coding after it', ['Transfer-Encoding: chunked, identity']],
    ['a blank before the colon', ['Transfer-Encoding : chunked']],
    ['a line that is folded', ['X-A: b\r\n Transfer-Encoding: chunked']],
    ['a length with a sign', ['Content-Length: +44']],
  ])('%s: refused once, and the connection is over', async (_what, fields) => {
    const socket = await open(port)
    socket.write(
      [`POST /auth/logout HTTP/1.1`, `Host: ${HOST}`, ...fields, '', `0\r\n\r\n${hidden}`].join(
        '\r\n',
      ),
    )
    const text = await readToEnd(socket)

    expect(text.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 400'])
  })
})

test('probes answer to any name, and to none', async () => {
  for (const host of ['Host: 10.0.0.7:8080\r\n', 'Host: evil.example\r\n', ''])
    for (const path of ['/healthz', '/readyz']) {
      const answer = await exchange(
        port,
        `GET ${path} HTTP/1.1\r\n${host}Connection: close\r\n\r\n`,
      )
      expect(answer.status).toBe(200)
      expect(JSON.parse(answer.body)).toEqual({ ok: true })
    }
})

test('headers that rename the request are not believed', async () => {
  const answer = await request('GET /healthz', [
    'X-HTTP-Method-Override: DELETE',
    'X-Original-URL: /api/setup',
    'X-Rewrite-Url: /api/setup',
    'X-Forwarded-Host: evil.example',
    'Forwarded: host=evil.example',
  ])
  expect(answer).toMatchObject({ status: 200, body: '{"ok":true}' })
})

test('it is as well as before', async () => {
  const answer = await request('GET /api/me', [`Cookie: ${cookie}`])
  expect(answer.status).toBe(200)
})
