import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { buildApp } from '../../server/app.ts'
import { securityHeaders } from '../../server/http/security.ts'
import { openStore } from '../../server/store/store.ts'
import { logOf } from '../store/store.ts'
import { HOST, openGrant, partsOf, PUBLIC_URL, usePortal } from './portal.ts'

const pages = mkdtempSync(join(tmpdir(), 'pages-'))
mkdirSync(join(pages, 'assets'))
writeFileSync(join(pages, 'index.html'), '<!doctype html><title>shell</title>')
writeFileSync(join(pages, 'assets', 'index-abc123.js'), 'export {}')
writeFileSync(join(pages, 'favicon.svg'), '<svg/>')
writeFileSync(join(pages, '.secret'), 'no')

const portal = usePortal(() => ({ pages }))
const html = { accept: 'text/html' }
const get = (url: string, headers = {}) => portal.call('GET', url, { headers })

describe('the headers', () => {
  const EXPECTED = securityHeaders(true)

  test.each([
    ['200 JSON', () => get('/healthz'), 200],
    ['200 page', () => get('/db/orders', html), 200],
    ['200 asset', () => get('/assets/index-abc123.js'), 200],
    [
      '201',
      async () => {
        const cookie = await portal.cookie('team', 'headers')
        const grant = await openGrant(portal, cookie)
        return portal.call('POST', `/api/grants/${grant}/tokens`, {
          cookie,
          body: { endpoint: 'writer' },
        })
      },
      201,
    ],
    ['204', () => portal.call('POST', '/api/csp-report', { body: {} }), 204],
    ['303', () => get('/auth/login'), 303],
    ['400', () => get('/auth/callback'), 400],
    ['401', () => get('/api/me'), 401],
    [
      '403',
      () =>
        portal.call('POST', '/api/requests', {
          headers: { origin: 'https://evil.example' },
          body: {},
        }),
      403,
    ],
    ['404', () => get('/api/nothing'), 404],
    ['404 asset', () => get('/assets/missing.js', html), 404],
    [
      '415',
      async () =>
        portal.app.inject({
          method: 'POST',
          url: '/auth/logout',
          headers: { host: HOST, origin: PUBLIC_URL, 'content-type': 'text/plain' },
          payload: 'x',
        }),
      415,
    ],
    ['421', () => get('/api/me', { host: 'evil.example' }), 421],
    ['an address that cannot be read', () => get('/%E0%A4%A'), 400],
    [
      'HEAD',
      async () => portal.app.inject({ method: 'HEAD', url: '/healthz', headers: { host: HOST } }),
      200,
    ],
    [
      'OPTIONS',
      async () => portal.app.inject({ method: 'OPTIONS', url: '/api/me', headers: { host: HOST } }),
      404,
    ],
  ])('are on %s, each once', async (_what, ask, status) => {
    const answer = await ask()
    expect(answer.statusCode).toBe(status)
    for (const [name, value] of Object.entries(EXPECTED)) {
      if (name === 'cache-control') continue
      expect(answer.headers[name], name).toBe(value)
    }
    expect(answer.headers['cache-control']).toBe(
      _what === '200 asset' ? 'public, max-age=31536000, immutable' : 'no-store',
    )
    expect(answer.headers['server'] ?? answer.headers['x-powered-by']).toBeUndefined()
    expect(answer.headers['access-control-allow-origin']).toBeUndefined()
  })

  test('claim TLS only where there is TLS', () => {
    expect(securityHeaders(false)).not.toHaveProperty('strict-transport-security')
    expect(securityHeaders(false)['content-security-policy']).not.toContain('upgrade-insecure')
  })
})

describe('a change that no page of ours asked for', () => {
  test.each([
    ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['another site that says it is ours', { origin: PUBLIC_URL, 'sec-fetch-site': 'cross-site' }],
    ['a sibling', { origin: 'https://other.example.com', 'sec-fetch-site': 'same-site' }],
    ['nowhere', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    ['nowhere, in an old browser', { origin: 'null', 'sec-fetch-site': undefined }],
    ['the address bar', { origin: undefined, 'sec-fetch-site': 'none' }],
    ['our name over http', { origin: 'http://latchkey.example.com', 'sec-fetch-site': undefined }],
    ['our name with another port', { origin: `${PUBLIC_URL}:8443`, 'sec-fetch-site': undefined }],
    ['a program', { origin: undefined, 'sec-fetch-site': undefined }],
  ])('from %s is refused and has no effect', async (_from, headers) => {
    const cookie = await portal.cookie('team', 'csrf')
    const before = (await logOf(portal.store)).length
    const sent = Object.fromEntries(
      Object.entries(headers).filter(([, value]) => value !== undefined),
    )

    const answer = await portal.app.inject({
      method: 'POST',
      url: '/api/requests',
      headers: { host: HOST, cookie, ...sent },
      payload: { team: 'payments', database: 'orders', user: 'orders_reader', seconds: 60 },
    })

    expect(answer.statusCode).toBe(403)
    expect(answer.json()).toMatchObject({ reason: 'cross_site' })
    expect(await logOf(portal.store)).toHaveLength(before)
  })
})

test('looking changes nothing: no GET writes, but the record of what was read, taken home or refused', async () => {
  const cookie = await portal.cookie('administrator', 'the looker')
  const state = async () =>
    (
      await portal.store.pool.query(
        'SELECT (SELECT count(*) FROM access_grant)::int AS grants, (SELECT count(*) FROM access_request)::int AS requests, (SELECT count(*) FROM person)::int AS people, (SELECT count(*) FROM session)::int AS sessions',
      )
    ).rows
  const before = await state()
  const logged = (await logOf(portal.store)).length
  for (const { url, method } of portal.app.declaredRoutes)
    if ([method].flat().includes('GET') && !url.startsWith('/auth')) {
      const there = url.replace(':name', 'orders').replace(':file', 'eu-west-1.pem')
      const answer = await portal.call('GET', there, { cookie, payloadAsStream: true })
      // One of them does not end by itself.
      answer.raw.res.destroy()
    }

  expect(await state()).toEqual(before)
  const recorded = (await logOf(portal.store)).slice(logged).map(({ action }) => action)
  expect(recorded).toEqual(expect.arrayContaining(['ca.downloaded', 'view.refused', 'audit.read']))
  expect(
    recorded.filter((action) => !/\.(read|downloaded|exported|refused)$/.test(action)),
  ).toEqual([])
})

describe('where a request came from', () => {
  const from = async (trustedProxies: string[], forwarded: string) => {
    const app = await buildApp({ ...(await partsOf(portal)), trustedProxies })
    const cookie = await portal.cookie('team', `proxy-${trustedProxies.join()}-${forwarded}`)
    await app.inject({
      method: 'POST',
      url: '/api/requests',
      headers: {
        host: HOST,
        cookie,
        origin: PUBLIC_URL,
        'x-forwarded-for': forwarded,
        'x-forwarded-host': 'evil.example',
        'x-forwarded-proto': 'http',
      },
      payload: { team: 'payments', database: 'orders', user: 'orders_reader', seconds: 60 },
    })
    await app.close()
    const { rows } = await portal.store.pool.query<{ address: string }>(
      "SELECT address FROM audit.log WHERE action = 'request.created' ORDER BY id DESC LIMIT 1",
    )
    return rows[0]?.address
  }

  test('is the socket, when no proxy is trusted, whatever headers say', async () => {
    expect(await from([], '6.6.6.6')).toBe('127.0.0.1')
  })
  test('is what a trusted proxy says, and not what was said to it', async () => {
    expect(await from(['127.0.0.0/8'], '6.6.6.6, 203.0.113.7')).toBe('203.0.113.7')
  })
  test('is the socket, when another proxy is trusted', async () => {
    expect(await from(['10.0.0.0/8'], '6.6.6.6')).toBe('127.0.0.1')
  })
})

describe('paths', () => {
  test.each(['/', '/db/orders', '/db/orders.v2', '/access', '/signin?return=/db/orders'])(
    '%s is the page',
    async (url) => {
      const answer = await get(url, html)
      expect(answer.statusCode).toBe(200)
      expect(answer.body).toContain('shell')
    },
  )

  test.each([
    '/assets/missing.js',
    '/missing.css',
    '/.env',
    '/.secret',
    '/.git/config',
    '/..%2fpackage.json',
    '/assets/..%2f..%2fetc/passwd',
    '/api/me/x.css',
    '/api/me%2f..%2fa.js',
    '/api/nothing',
    '/auth/nothing',
    '/API/me',
    '//api/me',
    '/api/me/',
    '/api//me',
    '/api;x/me',
    '/index.js.map',
    '/assets/',
    '/assets/\u0000',
  ])('%s is nothing, never the page', async (url) => {
    const answer = await get(encodeURI(url).replaceAll('%25', '%'), html)
    expect([400, 401, 404]).toContain(answer.statusCode)
    expect(answer.body).not.toContain('shell')
    expect(answer.headers['cache-control']).toBe('no-store')
  })

  test('who asks for no page gets none', async () => {
    expect((await get('/db/orders', { accept: 'application/json' })).statusCode).toBe(404)
  })
})

test.each([
  ['forty kilobytes', `__Host-session=${'a'.repeat(40_000)}`],
  ['a broken escape', '__Host-session=%E0%A4%A'],
  ['a name of the prototype', '__proto__=1; constructor=2'],
  ['a key of the wrong length', '__Host-session=abc'],
  ['the key without its prefix', `session=${'a'.repeat(43)}`],
])('a cookie of %s is nobody’s', async (_what, cookie) => {
  const answer = await portal.call('GET', '/api/me', { cookie })
  expect([400, 401, 431]).toContain(answer.statusCode)
})

test('a route outside every scope stops the start', async () => {
  const app = await buildApp(await partsOf(portal))
  app.get('/forgotten', () => 'open to all')
  await expect(app.ready()).rejects.toThrow('No permission is declared for /forgotten')
})

test('what goes wrong inside says nothing of the inside', async () => {
  const parts = await partsOf(portal)
  const app = await buildApp({
    ...parts,
    showAccount: () =>
      Promise.reject(new Error('select secret from arn:aws:iam::1:role/x at /srv/db.ts:1')),
  })
  const cookie = await portal.cookie('team', 'inside')
  const answer = await app.inject({ url: '/api/me/account', headers: { host: HOST, cookie } })
  await app.close()

  expect(answer.statusCode).toBe(500)
  expect(answer.json()).toEqual({
    type: 'about:blank',
    title: 'Internal Server Error',
    status: 500,
    detail: 'Something went wrong here, not with you.',
    code: 'internal',
    requestId: expect.any(String),
  })
})

test('with the store away every answer is 503 and soon, no token is given, and it comes back by itself', async () => {
  const store = openStore(portal.url, { max: 4 })
  const app = await buildApp({ ...(await partsOf({ ...portal, store })), ready: store.ready })
  const cookie = await portal.cookie('team', 'outage')
  const grant = await openGrant(portal, cookie)
  const mint = () =>
    app.inject({
      method: 'POST',
      url: `/api/grants/${grant}/tokens`,
      headers: { host: HOST, cookie, origin: PUBLIC_URL },
      payload: { endpoint: 'writer' },
    })
  expect((await mint()).statusCode).toBe(201)

  const connect = store.pool.connect.bind(store.pool)
  const query = store.pool.query.bind(store.pool)
  const away = () =>
    Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }))
  store.pool.connect = away as typeof store.pool.connect
  store.pool.query = away as typeof store.pool.query
  const refused = await mint()
  expect(refused.statusCode).toBe(503)
  expect(refused.headers['retry-after']).toBe('2')
  expect(refused.json()).not.toHaveProperty('token')
  expect((await app.inject({ url: '/readyz', headers: { host: HOST } })).statusCode).toBe(503)
  expect((await app.inject({ url: '/healthz', headers: { host: HOST } })).statusCode).toBe(200)

  store.pool.connect = connect as typeof store.pool.connect
  store.pool.query = query as typeof store.pool.query
  expect((await mint()).statusCode).toBe(201)
  await app.close()
  await store.close()
})

test('at the most talkative log level there is no secret in the log', async () => {
  const cookie = await portal.cookie('team', 'talkative')
  const grant = await openGrant(portal, cookie)
  const answer = await portal.call('POST', `/api/grants/${grant}/tokens`, {
    cookie,
    body: { endpoint: 'writer' },
  })
  const { token } = answer.json<{ token: string }>()
  await get('/auth/callback?code=the-code&state=the-state')
  const log = portal.lines.join('')

  expect(log).toContain(`/api/grants/${grant}/tokens`)
  for (const secret of [cookie.split('=')[1]!, token, 'the-code', 'the-state', 'X-Amz-'])
    expect(log).not.toContain(secret)
})
