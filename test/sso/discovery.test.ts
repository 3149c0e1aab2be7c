import { describe, expect, test } from 'vitest'
import type { SignInRefusal } from '../../server/core/audit/event.ts'
import { isIssuer } from '../../server/sso/discovery.ts'
import { makeProvider } from '../../server/sso/provider.ts'
import {
  CLIENT,
  cut,
  drip,
  hang,
  redirectTo,
  say,
  SHORT,
  TEN_MEBIBYTES,
  type Tricks,
} from './evil-provider.ts'
import { expectArrival, expectRefusal, PUBLIC_URL, useSignIn } from './portal.ts'

const used = useSignIn()

/** Refused where the sign-in begins: the browser never leaves, no code is ever sent. */
async function refusedAtStart(tricks: Tricks, reason: SignInRefusal) {
  const portal = await used.portalWith()
  used.evil.tricks = tricks
  await expectRefusal(used, () => portal.browser().login(), reason, 0)
  expect(used.evil.calls.elsewhere).toBe(0)
}

const metadata = (change: object): Tricks => ({ metadata: (honest) => ({ ...honest, ...change }) })

describe('A-09 malicious metadata', () => {
  test.each([
    ['another issuer [discovery-issuer-mismatch]', 'https://evil.example'],
    ['a slash more', () => `${used.evil.issuer}/`],
    ['upper case', () => used.evil.issuer.toUpperCase()],
    ['no issuer', undefined],
    ['a list', ['x']],
  ])('it is of %s', async (_, issuer) => {
    await refusedAtStart(
      {
        metadata: (honest) => ({
          ...honest,
          issuer: typeof issuer === 'function' ? issuer() : issuer,
        }),
      },
      'metadata_invalid',
    )
  })

  const endpoints = [
    'authorization_endpoint',
    'token_endpoint',
    'jwks_uri',
    'userinfo_endpoint',
    'end_session_endpoint',
  ]
  const addresses = [
    'http://evil.example/x',
    'ftp://127.0.0.1/x',
    'javascript:alert(1)',
    'file:///etc/passwd',
    '/relative',
    'https://user:password@id.example/x',
    'https://id.example/x#fragment',
    '',
    ' ',
    'https://',
    5,
    null,
    ['https://id.example'],
    `https://id.example/${'x'.repeat(2048)}`,
  ]
  test.each(endpoints)('%s is no safe address', async (name) => {
    for (const address of addresses)
      await refusedAtStart(metadata({ [name]: address }), 'metadata_invalid')
  })

  test.each(['authorization_endpoint', 'token_endpoint', 'jwks_uri'])(
    '%s is missing',
    async (name) => {
      await refusedAtStart(metadata({ [name]: undefined }), 'metadata_invalid')
    },
  )

  test.each([[[]], ['text'], [5], [null], [{}]])('it is %j', async (value) => {
    await refusedAtStart({ metadata: () => value }, 'metadata_invalid')
  })

  test('an issuer elsewhere may not point to this machine', async () => {
    const issuer = 'https://id.example.com'
    const answer = {
      issuer,
      authorization_endpoint: `${issuer}/a`,
      token_endpoint: `${issuer}/t`,
      jwks_uri: `${issuer}/k`,
    }
    const begin = (change: object) =>
      makeProvider({
        issuer,
        clientId: CLIENT.id,
        clientSecret: CLIENT.secret,
        clientAuth: 'basic',
        scopes: ['openid'],
        groupsClaim: 'groups',
        publicUrl: PUBLIC_URL,
        fetch: async () => Response.json({ ...answer, ...change }),
      }).begin()
    expect((await begin({})).url).toMatch(/^https:\/\/id\.example\.com\/a\?/)
    for (const token_endpoint of [
      'http://127.0.0.1:9000/t',
      'https://localhost/t',
      'http://[::1]/t',
      'https://127.9.9.9/',
    ])
      await expect(begin({ token_endpoint })).rejects.toMatchObject({ code: 'metadata_invalid' })
  })
})

describe('A-09 metadata that is expensive to read', () => {
  test.each([
    ['no JSON', say(200, '<html>sign in to the hotel</html>', 'text/html'), 'metadata_invalid'],
    ['cut off', say(200, '{"issuer":'), 'metadata_invalid'],
    ['empty', say(200, ''), 'metadata_invalid'],
    ['brackets without end', say(200, '['.repeat(60_000)), 'metadata_invalid'],
    ['not there', say(404, '{}'), 'metadata_invalid'],
    ['an empty answer', say(204, ''), 'metadata_invalid'],
    ['broken', say(503, '{}'), 'provider_unavailable'],
    ['too busy', say(429, '{}'), 'provider_unavailable'],
    ['a connection that breaks', cut, 'provider_unavailable'],
    ['no word at all', hang, 'provider_unavailable'],
    ['a drip', drip, 'provider_unavailable'],
  ] as const)('%s', async (_, discovery, reason) => {
    if (discovery === hang || discovery === drip) used.limits.time = SHORT
    await refusedAtStart({ answer: { discovery } }, reason)
  })

  // Right in every word: only its length is wrong.
  test('ten mebibytes', () =>
    refusedAtStart({ padding: { discovery: TEN_MEBIBYTES } }, 'metadata_invalid'))

  test('sixty kibibytes are accepted', async () => {
    used.evil.tricks = { padding: { discovery: 60 * 1024 } }
    await expectArrival(used.portal, await used.portal.browser().signIn())
  })

  test.each(['/elsewhere', 'http://127.0.0.1:1/', 'https://evil.example/'])(
    'a redirect to %s is not followed',
    async (to) => {
      await refusedAtStart({ answer: { discovery: redirectTo(to) } }, 'metadata_invalid')
    },
  )

  // Without the limit this would last until the time of the test is up.
  test('a hanging provider holds no request, and twenty cost one call', async () => {
    used.limits.time = SHORT
    used.evil.tricks = { answer: { discovery: hang } }
    const begun = await Promise.all(Array.from({ length: 20 }, () => used.portal.browser().login()))
    expect(begun.map(({ statusCode }) => statusCode)).toEqual(Array(20).fill(400))
    expect(used.evil.calls.discovery).toBe(1)
  })

  test('a provider that is down is asked again at the next sign-in', async () => {
    const browser = used.portal.browser()
    used.evil.tricks = { answer: { discovery: cut } }
    await expectRefusal(used, () => browser.login(), 'provider_unavailable', 0)
    used.evil.tricks = {}
    await expectArrival(used.portal, await browser.signIn())
  })
})

describe('when metadata is fetched', () => {
  test('not before somebody signs in', async () => {
    await used.portal.app.ready()
    expect(used.evil.calls).toMatchObject({ discovery: 0, jwks: 0 })
  })

  test('once for a hundred sign-ins at the same time', async () => {
    const begun = await Promise.all(
      Array.from({ length: 100 }, () => used.portal.browser().login()),
    )
    expect(begun.map(({ statusCode }) => statusCode)).toEqual(Array(100).fill(303))
    expect(used.evil.calls.discovery).toBe(1)
  })

  test('again after ten minutes, and what is stale is not used when that fails', async () => {
    const browser = used.portal.browser()
    await browser.signIn()
    used.ahead = 9 * 60_000
    await browser.login()
    expect(used.evil.calls.discovery).toBe(1)
    used.ahead = 11 * 60_000
    used.evil.tricks = { answer: { discovery: cut } }
    await expectRefusal(used, () => browser.login(), 'provider_unavailable', 0)
    used.evil.tricks = {}
    expect((await browser.login()).statusCode).toBe(303)
    expect(used.evil.calls.discovery).toBe(3)
  })

  test('a provider that moved its endpoints is followed', async () => {
    await used.portal.browser().login()
    used.ahead = 11 * 60_000
    const moved = `${used.evil.issuer}/moved`
    used.evil.tricks = metadata({ authorization_endpoint: moved })
    const { headers } = await used.portal.browser().login()
    expect(String(headers.location).split('?')[0]).toBe(moved)
  })
})

describe('the configured issuer', () => {
  test.each([
    'https://id.example.com',
    'https://id.example.com/realms/a',
    'https://id.example.com/',
    'http://127.0.0.1:9000',
    'http://localhost:9000/x',
    'http://[::1]:9000',
  ])('%s will do', (issuer) => expect(isIssuer(issuer)).toBe(true))
  test.each([
    'http://id.example.com',
    'http://10.0.0.1',
    'http://127.0.0.1.evil.example',
    'http://localhost.evil.example',
    'id.example.com',
    'ftp://localhost',
    'https://id.example.com?x=1',
    'https://id.example.com?',
    'https://id.example.com#x',
    'https://u:p@id.example.com',
    '',
  ])('“%s” will not', (issuer) => expect(isIssuer(issuer)).toBe(false))
})
