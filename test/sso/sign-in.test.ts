import { describe, expect, test } from 'vitest'
import { DomainError } from '../../server/core/error.ts'
import { LIMITS } from '../../server/sso/limits.ts'
import { cut } from './evil-provider.ts'
import { CALLBACK, expectArrival, stored, useSignIn } from './portal.ts'

const used = useSignIn()

describe('signing in', () => {
  test('the whole way, and the record of it', async () => {
    const browser = used.portal.browser()
    const before = await stored(used)
    const begun = await browser.login('/databases/orders')
    expect(begun.statusCode).toBe(303)
    expect(String(begun.headers.location)).toMatch(
      new RegExp(`^${used.evil.issuer}/authorize\\?tenant=a\\+?(%20)?b&`),
    )
    expect(begun.headers['set-cookie']).toMatch(
      /^__Host-signin=[\w-]{43}; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    )

    const done = await browser.get(
      `${CALLBACK}?${used.evil.authorize(String(begun.headers.location))}`,
    )
    const { actor } = await expectArrival(used.portal, done, '/databases/orders')
    expect(done.headers['set-cookie']).toMatch(
      /^__Host-session=[\w-]{43}; Max-Age=36000; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    )
    expect(used.evil.calls).toMatchObject({ discovery: 1, jwks: 1, token: 1, userinfo: 0 })

    const after = await stored(used)
    expect(after.refusals).toEqual(before.refusals)
    const { rows } = await used.store.pool.query(
      `SELECT actor, address, payload_j FROM audit.log WHERE action = 'session.started' ORDER BY id DESC LIMIT 1`,
    )
    expect(rows).toEqual([
      {
        actor: actor.personId,
        address: '127.0.0.1',
        payload_j: {
          issuer: used.evil.issuer,
          subject: 'ada',
          groups: ['payments-engineers'],
          teams: ['team of payments-engineers'],
          newPerson: true,
          userAgent: 'a browser',
        },
      },
    ])
  })

  test('two tabs at once both arrive, each where it wanted to go', async () => {
    const browser = used.portal.browser()
    const first = await browser.toCallback('/databases/orders')
    const second = await browser.toCallback('/access')
    await expectArrival(used.portal, await browser.get(second), '/access')
    await expectArrival(used.portal, await browser.get(first), '/databases/orders')
  })

  test('ten tabs of a browser that has no cookie yet, in any order', async () => {
    const browser = used.portal.browser()
    await browser.login()
    const key = browser.jar.get('__Host-signin')
    const callbacks = []
    for (let i = 0; i < 10; i++) callbacks.push(await browser.toCallback(`/databases/${i}`))
    expect(browser.jar.get('__Host-signin')).toBe(key)
    const arrived = await Promise.all(
      callbacks.toReversed().map((callback) => browser.get(callback)),
    )
    expect(arrived.map(({ headers }) => headers.location)).toEqual(
      Array.from({ length: 10 }, (_, i) => `/databases/${9 - i}`),
    )
  })

  test('twenty people at once ask the provider once for what it is and what its keys are', async () => {
    // The truth here is how often, not how fast: a busy machine may take its time.
    const portal = await used.portalWith({ limits: { ...LIMITS, time: 20_000 } })
    const arrived = await Promise.all(Array.from({ length: 20 }, () => portal.browser().signIn()))
    expect(arrived.map(({ statusCode }) => statusCode)).toEqual(Array(20).fill(303))
    expect(used.evil.calls).toMatchObject({ discovery: 1, jwks: 1, token: 20 })
  })

  test('D-01 the key of a session is new at each sign-in, and the old one opens nothing', async () => {
    const browser = used.portal.browser()
    await browser.signIn()
    const old = browser.jar.get('__Host-session')!
    await expectArrival(used.portal, await browser.signIn())
    expect(browser.jar.get('__Host-session')).not.toBe(old)
    expect(await used.portal.deps.sessions.find(old)).toBeNull()
  })

  test('D-01 a key that somebody planted is not taken over', async () => {
    const browser = used.portal.browser()
    const planted = 'p'.repeat(43)
    browser.jar.set('__Host-session', planted)
    await expectArrival(used.portal, await browser.signIn())
    expect(browser.jar.get('__Host-session')).not.toBe(planted)
    expect(await used.portal.deps.sessions.find(planted)).toBeNull()
  })

  test('a refused one leaves the session that was there', async () => {
    const browser = used.portal.browser()
    await browser.signIn()
    const key = browser.jar.get('__Host-session')!
    await browser.get(`${CALLBACK}?error=access_denied&state=${'x'.repeat(43)}`)
    expect(browser.jar.get('__Host-session')).toBe(key)
    expect(await used.portal.deps.sessions.find(key)).not.toBeNull()
  })
})

describe('signing out', () => {
  test('ends the session, empties the browser and goes on to the provider', async () => {
    const browser = used.portal.browser()
    await browser.signIn()
    const key = browser.jar.get('__Host-session')!
    const out = await browser.post('/auth/logout')
    expect(out.statusCode).toBe(200)
    expect(out.headers['clear-site-data']).toBe('"cache", "cookies", "storage"')
    expect([...browser.jar]).toEqual([])
    expect(await used.portal.deps.sessions.find(key)).toBeNull()
    const next = new URL((out.json() as { next: string }).next)
    expect(next.origin + next.pathname).toBe(`${used.evil.issuer}/logout`)
    expect(Object.fromEntries(next.searchParams)).toEqual({
      theme: 'dark',
      client_id: 'latchkey',
      post_logout_redirect_uri: 'http://localhost:8080/signed-out',
    })
    const { rows } = await used.store.pool.query(
      `SELECT action, payload_j FROM audit.log ORDER BY id DESC LIMIT 1`,
    )
    expect(rows).toEqual([{ action: 'session.ended', payload_j: { how: 'signed_out' } }])
  })

  test('a new sign-in ends the old session, and both are in the log together', async () => {
    const browser = used.portal.browser()
    await browser.signIn()
    await browser.signIn()
    const { rows } = await used.store.pool.query<{ action: string; request_id: string }>(
      `SELECT action, payload_j->>'how' AS how, request_id FROM audit.log ORDER BY id DESC LIMIT 2`,
    )
    expect(rows).toMatchObject([
      { action: 'session.started' },
      { action: 'session.ended', how: 'replaced', request_id: rows[0]!.request_id },
    ])
  })

  test('D-03 the old key opens nothing afterwards', async () => {
    const browser = used.portal.browser()
    await browser.signIn()
    const key = browser.jar.get('__Host-session')!
    await browser.post('/auth/logout')
    expect(await used.portal.deps.sessions.find(key)).toBeNull()
  })

  test('twice, at once, or without a session is no error, and is recorded once', async () => {
    const browser = used.portal.browser()
    await browser.signIn()
    const cookie = `__Host-session=${browser.jar.get('__Host-session')}`
    const ended = async () =>
      (
        await used.store.pool.query<{ n: number }>(
          `SELECT count(*)::int AS n FROM audit.log WHERE action = 'session.ended'`,
        )
      ).rows[0]!.n
    const before = await ended()
    const out = await Promise.all(
      Array.from({ length: 5 }, () => browser.post('/auth/logout', { cookie })),
    )
    expect(out.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200, 200])
    expect((await used.portal.browser().post('/auth/logout')).statusCode).toBe(200)
    expect((await ended()) - before).toBe(1)
  })

  test('stays here where the provider has no page for it, or is down', async () => {
    used.evil.tricks = { metadata: ({ end_session_endpoint: _, ...rest }) => rest }
    expect((await used.portal.browser().post('/auth/logout')).json()).toEqual({
      next: '/signed-out',
    })
    used.evil.tricks = { answer: { discovery: cut } }
    const fresh = await used.portalWith()
    expect((await fresh.browser().post('/auth/logout')).json()).toEqual({ next: '/signed-out' })
  })

  test('does not ask a provider that it knows already', async () => {
    const browser = used.portal.browser()
    await browser.signIn()
    used.ahead = 60 * 60_000
    used.evil.tricks = { answer: { discovery: cut } }
    expect((await browser.post('/auth/logout')).json()).toMatchObject({
      next: expect.stringContaining('/logout?') as string,
    })
    expect(used.evil.calls.discovery).toBe(1)
  })

  test.each([
    ['another site', { origin: 'https://evil.example' }, 403],
    ['nowhere', { origin: 'null' }, 403],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['text', { 'content-type': 'text/plain' }, 415],
  ] as const)('D-06 from %s it does nothing', async (_, headers, status) => {
    const browser = used.portal.browser()
    await browser.signIn()
    const key = browser.jar.get('__Host-session')!
    expect((await browser.post('/auth/logout', headers)).statusCode).toBe(status)
    expect(await used.portal.deps.sessions.find(key)).not.toBeNull()
  })

  test('D-07 not by following a link', async () => {
    expect((await used.portal.browser().get('/auth/logout')).statusCode).toBe(404)
  })
})

describe('when the portal cannot write', () => {
  const down = () =>
    Promise.reject(
      new DomainError('unavailable', 'The portal cannot reach its database right now.'),
    )

  test('a sign-in that cannot be kept is not begun', async () => {
    const portal = await used.portalWith({}, { signIns: { open: down, take: down } })
    const begun = await portal.browser().login()
    expect(begun.statusCode).toBe(503)
    expect(begun.cookies).toEqual([])
  })

  test('a session that cannot be recorded is not started', async () => {
    const { sessions } = used.portal.deps
    const portal = await used.portalWith({}, { sessions: { ...sessions, start: down } })
    const browser = portal.browser()
    const before = await stored(used)
    const done = await browser.signIn()
    expect(done.statusCode).toBe(503)
    expect(browser.jar.has('__Host-session')).toBe(false)
    expect(await stored(used)).toEqual(before)
  })

  test('a refusal that cannot be recorded is said as what it is: not now', async () => {
    const portal = await used.portalWith({}, { record: down })
    const response = await portal.browser().get(CALLBACK, { accept: 'text/html' })
    expect(response.statusCode).toBe(503)
    expect(response.json()).toMatchObject({ code: 'unavailable' })
  })
})

test('B-18 the log of complete sign-ins at trace level holds no secret', async () => {
  const portal = await used.portalWith({}, {})
  await expectArrival(portal, await portal.browser().signIn())
  const browser = portal.browser()
  const begun = await browser.login('/databases')
  const keys = [browser.jar.get('__Host-signin')!]
  const callback = `${CALLBACK}?${used.evil.authorize(String(begun.headers.location))}`
  await browser.get(callback)
  keys.push(browser.jar.get('__Host-session')!)
  // Refusals of every kind: what a provider sends, and what the client of the token endpoint throws.
  await browser.get(callback)
  for (const tricks of [
    { claims: () => ({ sub: 'x' }) },
    { idToken: () => 'not.a.token' },
    { answer: { token: cut } },
    { tokens: (honest: object) => ({ ...honest, access_token: 'with space' }) },
  ]) {
    used.evil.tricks = tricks
    await browser.signIn()
  }
  used.evil.tricks = {}
  const wrong = await used.portalWith({ clientSecret: 'another secret' })
  await wrong.browser().signIn()
  await browser.post('/auth/logout')

  const log = [...portal.logged, ...wrong.logged].join('')
  expect(log).toContain('a sign-in was refused')
  expect(log.split('\n').length).toBeGreaterThan(15)
  expect(used.evil.secrets.size).toBeGreaterThan(20)
  for (const secret of [...used.evil.secrets, ...keys, 'another secret'])
    expect(log).not.toContain(secret)
  expect(log).not.toContain('eyJ')
})
