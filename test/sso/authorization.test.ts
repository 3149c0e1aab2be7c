import { describe, expect, test } from 'vitest'
import { CLIENT } from './evil-provider.ts'
import { asOwner, CALLBACK, expectArrival, expectRefusal, PUBLIC_URL, useSignIn } from './portal.ts'

/** The way to the provider, against whoever stands between. The numbers are those of our list of threats. */
const used = useSignIn()

const queryOf = (address: string) => new URL(address, PUBLIC_URL).searchParams

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
