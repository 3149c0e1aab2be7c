import { describe, expect, test } from 'vitest'
import { CLIENT } from './evil-provider.ts'
import {
  asOwner,
  CALLBACK,
  expectArrival,
  expectRefusal,
  PUBLIC_URL,
  stored,
  useSignIn,
} from './portal.ts'

/** The way there and back, against whoever stands between. The numbers are those of our list of threats. */
const used = useSignIn()

const queryOf = (address: string) => new URL(address, PUBLIC_URL).searchParams
const stateOf = (callback: string) => queryOf(callback).get('state')!
const codeOf = (callback: string) => queryOf(callback).get('code')!

describe('B-01 state', () => {
  test('is 256 random bits, another each time', async () => {
    const begun = await Promise.all(
      Array.from({ length: 10_000 }, () => used.portal.provider.begin()),
    )
    for (const part of ['state', 'nonce', 'verifier'] as const)
      expect(new Set(begun.map(({ secrets }) => secrets[part])).size).toBe(10_000)
    for (const { url, secrets } of begun) {
      expect(secrets.state).toMatch(/^[\w-]{43}$/)
      expect(secrets.verifier).toMatch(/^[\w-]{43}$/)
      expect(queryOf(url).get('state')).toBe(secrets.state)
    }
  })

  test('of one browser is worth nothing in another', async () => {
    const [ada, eve] = [used.portal.browser(), used.portal.browser()]
    const [hers, other] = [await ada.toCallback(), await eve.toCallback()]
    await expectRefusal(used, () => ada.get(other), 'transaction_unknown', 0)
    await expectRefusal(used, () => eve.get(hers), 'transaction_unknown', 0)
    // Neither has used up the other's.
    await expectArrival(used.portal, await ada.get(hers))
    await expectArrival(used.portal, await eve.get(other))
  })
})

describe('B-02 signing somebody in as the attacker', () => {
  test('in a browser that began nothing', async () => {
    const callback = await used.portal.browser().toCallback()
    await expectRefusal(used, () => used.portal.browser().get(callback), 'transaction_unknown', 0)
  })

  test("the attacker's code with the victim's state", async () => {
    const victim = used.portal.browser()
    const own = await victim.toCallback()
    const evil = await used.portal.browser().toCallback()
    // The provider binds a code to its challenge, and the token to its nonce.
    const mixed = `${CALLBACK}?${new URLSearchParams({ code: codeOf(evil), state: stateOf(own), iss: used.evil.issuer })}`
    await expectRefusal(used, () => victim.get(mixed), 'code_rejected', 1)
  })
})

describe('B-03 cookies set by a neighbour', () => {
  test.each([
    'oauth2-redirect-state',
    '__Host-oauth2-redirect-state',
    'signin',
    '__Secure-signin',
    '__host-signin',
  ])('%s counts for nothing', async (name) => {
    const callback = await used.portal.browser().toCallback()
    const state = stateOf(callback)
    const cookie = `${name}=${state}; oauth2-code-verifier=x; __Host-oauth2-code-verifier=x`
    await expectRefusal(
      used,
      () => used.portal.browser().get(callback, { cookie }),
      'transaction_unknown',
      0,
    )
  })

  test.each(['', 'x', 'a'.repeat(44), '%E0%A4%A', '../../etc/passwd', "' OR 1=1 --"])(
    'a key of another shape (%s) is no key',
    async (value) => {
      const callback = await used.portal.browser().toCallback()
      const cookie = `__Host-signin=${value}; __Host-session=${value}; __proto__=1`
      await expectRefusal(
        used,
        () => used.portal.browser().get(callback, { cookie }),
        'transaction_unknown',
        0,
      )
    },
  )

  test('the portal sets only cookies that a neighbour cannot have set', async () => {
    const browser = used.portal.browser()
    const begun = await browser.login()
    const done = await browser.get(
      `${CALLBACK}?${used.evil.authorize(String(begun.headers.location))}`,
    )
    const out = await browser.post('/auth/logout')
    const cookies = [begun, done, out].flatMap(({ headers }) => headers['set-cookie'] ?? [])
    expect(cookies).toHaveLength(4)
    for (const cookie of cookies) {
      expect(cookie).toMatch(/^__Host-(session|signin)=[\w-]*; /)
      expect(
        cookie
          .split('; ')
          .slice(1)
          .filter((part) => !part.startsWith('Max-Age'))
          .sort(),
      ).toEqual(['HttpOnly', 'Path=/', 'SameSite=Lax', 'Secure'])
    }
  })
})

describe('B-04 the same answer again', () => {
  test('one after the other', async () => {
    const browser = used.portal.browser()
    const callback = await browser.toCallback()
    await expectArrival(used.portal, await browser.get(callback))
    await expectRefusal(used, () => browser.get(callback), 'transaction_unknown', 0)
    expect(used.evil.calls.token).toBe(1)
  })

  test('twenty at once: one call of the token endpoint, one session', async () => {
    const browser = used.portal.browser()
    const callback = await browser.toCallback()
    const before = await stored(used)
    const answers = await Promise.all(Array.from({ length: 20 }, () => browser.get(callback)))
    const after = await stored(used)
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([
      303,
      ...Array(19).fill(400),
    ])
    expect(used.evil.calls.token).toBe(1)
    expect(after.sessions - before.sessions).toBe(1)
    expect(after.started - before.started).toBe(1)
    expect(after.refusals.slice(before.refusals.length)).toHaveLength(19)
  })

  test('a sign-in that failed is over, too', async () => {
    const browser = used.portal.browser()
    const callback = await browser.toCallback()
    used.evil.tricks = { claims: (honest) => ({ ...honest, nonce: 'x' }) }
    await expectRefusal(used, () => browser.get(callback), 'id_token_nonce')
    used.evil.tricks = {}
    await expectRefusal(used, () => browser.get(callback), 'transaction_unknown', 0)
  })
})

test('B-05 a sign-in that was begun over ten minutes ago', async () => {
  const browser = used.portal.browser()
  const callback = await browser.toCallback()
  const age = (seconds: number) =>
    asOwner(used, `UPDATE sign_in SET started_at = started_at - interval '${seconds} seconds'`)
  await age(590)
  const second = await browser.toCallback()
  await expectArrival(used.portal, await browser.get(callback))
  await age(601)
  await expectRefusal(used, () => browser.get(second), 'transaction_expired', 0)
})

describe('B-06 missing, repeated and odd parameters', () => {
  const cases: [string, (state: string, code: string) => string][] = [
    ['nothing', () => ''],
    ['no state', (_, code) => `code=${code}`],
    ['no code', (state) => `state=${state}`],
    ['an empty state', (_, code) => `code=${code}&state=`],
    ['an empty code', (state) => `code=&state=${state}`],
    ['two states', (state, code) => `code=${code}&state=${state}&state=${state}`],
    ['two codes', (state) => `code=a&code=b&state=${state}`],
    ['a list', (state, code) => `code=${code}&state[]=${state}`],
    ['a list with an index', (state, code) => `code=${code}&state[0]=${state}`],
    ['an object', (state, code) => `code[x]=${code}&state=${state}`],
    ['100 KiB of code', (state) => `code=${'x'.repeat(102_400)}&state=${state}`],
    ['a code of 4,097 characters', (state) => `code=${'x'.repeat(4_097)}&state=${state}`],
    ['a line break in the code', (state) => `code=a%0d%0ab&state=${state}`],
    ['a zero in the code', (state) => `code=a%00b&state=${state}`],
    ['a code that is not ASCII', (state) => `code=%C3%A9&state=${state}`],
    ['a longer state', (state, code) => `code=${code}&state=${state}x`],
    ['a state with a zero', (state, code) => `code=${code}&state=${state.slice(1)}%00`],
    ['the names in another case', (state, code) => `Code=${code}&State=${state}`],
    ['two issuers', (state, code) => `code=${code}&state=${state}&iss=a&iss=b`],
    ['an empty issuer', (state, code) => `code=${code}&state=${state}&iss=`],
    ['two errors', (state) => `error=a&error=b&state=${state}`],
    ['an error without a state', () => 'error=access_denied'],
    ['the fragment that other flows use', (state, code) => `%23code=${code}&state=${state}`],
    ['the prototype', (state, code) => `__proto__[code]=${code}&__proto__[state]=${state}`],
  ]
  test.each(cases)('%s', async (_, query) => {
    const browser = used.portal.browser()
    const callback = await browser.toCallback()
    const odd = `${CALLBACK}?${query(stateOf(callback), codeOf(callback))}`
    await expectRefusal(used, () => browser.get(odd), 'parameters_invalid', 0)
    // It used nothing up.
    await expectArrival(used.portal, await browser.get(callback))
  })

  test('others are not looked at', async () => {
    const browser = used.portal.browser()
    const callback = await browser.toCallback()
    await expectArrival(
      used.portal,
      await browser.get(`${callback}&session_state=x&scope=a&scope=b&id_token=x`),
    )
  })

  test('a HEAD uses nothing up', async () => {
    const browser = used.portal.browser()
    const callback = await browser.toCallback()
    const cookie = `__Host-signin=${browser.jar.get('__Host-signin')}`
    const { statusCode } = await used.portal.app.inject({
      method: 'HEAD',
      url: callback,
      headers: { host: 'localhost:8080', cookie },
    })
    expect(statusCode).toBe(404)
    await expectArrival(used.portal, await browser.get(callback))
  })
})

describe('B-07 an error of the provider [form-post-error]', () => {
  test.each([
    ['access_denied', 'denied_by_provider'],
    ['server_error', 'provider_unavailable'],
    ['temporarily_unavailable', 'provider_unavailable'],
    ['invalid_request', 'provider_error'],
    ['interaction_required', 'provider_error'],
    ['<script>alert(1)</script>', 'provider_error'],
  ] as const)('%s', async (error, reason) => {
    const browser = used.portal.browser()
    const state = stateOf(await browser.toCallback())
    const query = new URLSearchParams({
      error,
      error_description: '<img src=x onerror=1>',
      error_uri: 'https://evil.example',
      state,
      code: 'x',
    })
    const response = await expectRefusal(used, () => browser.get(`${CALLBACK}?${query}`), reason, 0)
    for (const text of ['<img', 'onerror', 'evil.example', '<script'])
      expect(response.body + JSON.stringify(response.headers)).not.toContain(text)
  })

  test('without an open sign-in it is nobody’s', async () => {
    const query = new URLSearchParams({ error: 'access_denied', state: 'x'.repeat(43) })
    await expectRefusal(
      used,
      () => used.portal.browser().get(`${CALLBACK}?${query}`),
      'transaction_unknown',
      0,
    )
  })
})

describe('B-08 PKCE', () => {
  test.each([[['plain']], [[]], [undefined], [['S512', 'plain']]])(
    'is S256 whatever the metadata says: %j',
    async (code_challenge_methods_supported) => {
      used.evil.tricks = { metadata: (honest) => ({ ...honest, code_challenge_methods_supported }) }
      // The provider of the test accepts nothing but S256 and compares the verifier with it.
      await expectArrival(used.portal, await used.portal.browser().signIn())
    },
  )

  test('without a verifier nothing is sent', async () => {
    const browser = used.portal.browser()
    const callback = await browser.toCallback()
    await asOwner(used, `UPDATE sign_in SET verifier = ''`)
    await expectRefusal(used, () => browser.get(callback), 'transaction_unknown', 0)
  })

  test('another verifier is refused by the provider', async () => {
    const browser = used.portal.browser()
    const callback = await browser.toCallback()
    await asOwner(used, `UPDATE sign_in SET verifier = repeat('x', 43)`)
    await expectRefusal(used, () => browser.get(callback), 'code_rejected', 1)
  })
})

describe('B-09 two providers taken for one', () => {
  test.each([
    'https://evil.example',
    (iss: string) => `${iss}/`,
    (iss: string) => iss.toUpperCase(),
  ])('iss %s in the answer', async (change) => {
    used.evil.tricks = {
      callback: (query) =>
        query.set('iss', typeof change === 'string' ? change : change(used.evil.issuer)),
    }
    const browser = used.portal.browser()
    const callback = await browser.toCallback()
    await expectRefusal(used, () => browser.get(callback), 'issuer_mismatch', 0)
  })

  test('iss missing although the metadata promises it [remove-authorization-response-iss]', async () => {
    used.evil.tricks = { callback: (query) => query.delete('iss') }
    const browser = used.portal.browser()
    const callback = await browser.toCallback()
    await expectRefusal(used, () => browser.get(callback), 'issuer_mismatch', 0)
  })

  test('iss may be missing where nothing promises it', async () => {
    used.evil.tricks = {
      metadata: ({ authorization_response_iss_parameter_supported: _, ...rest }) => rest,
      callback: (query) => query.delete('iss'),
    }
    await expectArrival(used.portal, await used.portal.browser().signIn())
  })

  test('a sign-in begun before the portal was given another provider never reaches that one', async () => {
    const before = await used.portalWith({ clientId: 'before' })
    const begun = await before.browser().login()
    const browser = used.portal.browser()
    browser.jar.set('__Host-signin', begun.cookies[0]!.value)
    const state = queryOf(String(begun.headers.location)).get('state')!
    const query = new URLSearchParams({ code: 'code-of-the-other', state, iss: used.evil.issuer })
    await expectRefusal(used, () => browser.get(`${CALLBACK}?${query}`), 'issuer_mismatch', 0)
  })
})

test('B-10 an old answer after signing out', async () => {
  const browser = used.portal.browser()
  const callback = await browser.toCallback()
  await expectArrival(used.portal, await browser.get(callback))
  const signInKey = browser.jar.get('__Host-signin')!
  await browser.post('/auth/logout')
  browser.jar.set('__Host-signin', signInKey)
  await expectRefusal(used, () => browser.get(callback), 'transaction_unknown', 0)
})

describe('B-11 redirect_uri', () => {
  test.each([
    'x-forwarded-host',
    'x-forwarded-proto',
    'forwarded',
    'x-original-url',
    'x-rewrite-url',
  ])('%s does not change it', async (name) => {
    const { headers } = await used.portal.browser().login('/', { [name]: 'evil.example' })
    expect(queryOf(String(headers.location)).getAll('redirect_uri')).toEqual([CLIENT.redirectUri])
  })

  test('another Host gets no sign-in', async () => {
    const response = await used.portal.browser().login('/', { host: 'evil.example' })
    expect(response.statusCode).toBe(421)
    expect(response.headers.location).toBeUndefined()
  })
})

test('the query of the authorization endpoint stays, and nothing in it wins', async () => {
  used.evil.tricks = {
    metadata: (honest) => ({
      ...honest,
      authorization_endpoint: `${used.evil.issuer}/a?tenant=a%20b&response_type=token&state=fixed&nonce=fixed&code_challenge_method=plain`,
    }),
  }
  const { headers } = await used.portal.browser().login()
  const asked = queryOf(String(headers.location))
  expect(asked.get('tenant')).toBe('a b')
  expect(asked.getAll('response_type')).toEqual(['code'])
  expect(asked.getAll('code_challenge_method')).toEqual(['S256'])
  for (const name of ['state', 'nonce']) {
    expect(asked.getAll(name)).toHaveLength(1)
    expect(asked.get(name)).not.toBe('fixed')
  }
})

test('B-14 and B-15 the answer sends on at once, as a GET, and gives no address away', async () => {
  const browser = used.portal.browser()
  const begun = await browser.login()
  const callback = `${CALLBACK}?${used.evil.authorize(String(begun.headers.location))}`
  const done = await browser.get(callback)
  const refused = await browser.get(callback, { accept: 'text/html' })
  for (const response of [begun, done, refused]) {
    expect(response.statusCode).toBe(303)
    expect(response.headers['referrer-policy']).toBe('no-referrer')
    expect(response.headers['cache-control']).toBe('no-store')
    expect(response.body).toBe('')
  }
})

test('B-16 no token of the provider reaches the browser or the store', async () => {
  const browser = used.portal.browser()
  const begun = await browser.login()
  const done = await browser.get(
    `${CALLBACK}?${used.evil.authorize(String(begun.headers.location))}`,
  )
  const out = await browser.post('/auth/logout')
  await browser.signIn()
  const answers = [done, out].map(({ headers, body }) => JSON.stringify(headers) + body).join()
  const { rows } = await used.store.pool.query(
    `SELECT (SELECT jsonb_agg(to_jsonb(s)) FROM session s)::text AS sessions, (SELECT jsonb_agg(to_jsonb(p)) FROM person p)::text AS people,
            (SELECT jsonb_agg(to_jsonb(l)) FROM audit.log l)::text AS log`,
  )
  const kept = JSON.stringify(rows)
  expect(kept).toContain('payments-engineers')
  expect(used.evil.secrets.size).toBeGreaterThan(10)
  for (const secret of used.evil.secrets) {
    expect(answers).not.toContain(secret)
    expect(kept).not.toContain(secret)
  }
  expect(answers + kept).not.toContain('eyJ')
})

describe('B-17 a sign-in that nobody clicked for', () => {
  test.each([
    'image',
    'script',
    'style',
    'iframe',
    'frame',
    'embed',
    'object',
    'empty',
    'video',
    'worker',
    'fencedframe',
  ])('as %s', async (destination) => {
    const headers = { 'sec-fetch-dest': destination, accept: 'text/html,*/*' }
    const browser = used.portal.browser()
    const response = await expectRefusal(
      used,
      () => browser.login('/', headers),
      'not_a_navigation',
      0,
    )
    expect(response.headers['set-cookie']).toBeUndefined()
    const callback = await browser.toCallback()
    await expectRefusal(used, () => browser.get(callback, headers), 'not_a_navigation', 0)
    await expectArrival(used.portal, await browser.get(callback, { 'sec-fetch-dest': 'document' }))
  })
})

describe('what a person sees of a refusal', () => {
  test('a page of ours that names the reason and where to find it in the log', async () => {
    const response = await used.portal
      .browser()
      .get(`${CALLBACK}?error=<b>`, { accept: 'text/html,application/xhtml+xml' })
    expect(response.statusCode).toBe(303)
    expect(response.headers.location).toMatch(
      /^\/signin\/error\?code=parameters_invalid&ref=[\w-]+$/,
    )
    const ref = queryOf(String(response.headers.location)).get('ref')!
    const { rows } = await used.store.pool.query(
      'SELECT action, payload_j FROM audit.log WHERE request_id = $1',
      [ref],
    )
    expect(rows).toEqual([
      {
        action: 'signin.refused',
        payload_j: { reason: 'parameters_invalid', userAgent: 'a browser' },
      },
    ])
  })

  test('a provider that is down gives the same', async () => {
    used.evil.tricks = { answer: { discovery: (request) => void request.socket.destroy() } }
    const response = await used.portal.browser().login('/', { accept: 'text/html' })
    expect(response.headers.location).toMatch(/^\/signin\/error\?code=provider_unavailable&ref=/)
    expect(response.cookies).toEqual([])
  })

  test('a browser with an endless name leaves 256 characters of it', async () => {
    await used.portal.browser().get(CALLBACK, { 'user-agent': 'x'.repeat(5_000) })
    const { refusals } = await stored(used)
    expect(refusals.at(-1)).toMatchObject({ userAgent: 'x'.repeat(256) })
  })
})
