import { describe, expect, test } from 'vitest'
import { CALLBACK, expectArrival, expectRefusal, PUBLIC_URL, stored, useSignIn } from './portal.ts'

/** What a browser brings back, and what a person sees of a refusal. The numbers are those of our list of threats. */
const used = useSignIn()

const queryOf = (address: string) => new URL(address, PUBLIC_URL).searchParams

const stateOf = (callback: string) => queryOf(callback).get('state')!

const codeOf = (callback: string) => queryOf(callback).get('code')!

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
