import { describe, expect, test } from 'vitest'
import {
  cut,
  drip,
  hang,
  redirectTo,
  say,
  SHORT,
  TEN_MEBIBYTES,
  type Tricks,
} from './evil-provider.ts'
import { expectArrival, expectRefusal, useSignIn } from './portal.ts'

const used = useSignIn()

describe('the token endpoint of a provider that is slow, down or hostile', () => {
  test.each([
    ['no JSON', say(200, '<html>', 'text/html'), 'provider_error'],
    ['JSON under another name', say(200, '{"id_token":"a.b.c"}', 'text/plain'), 'provider_error'],
    ['half of it', say(200, '{"id_token":'), 'provider_error'],
    ['nothing', say(200, ''), 'provider_error'],
    ['no content', say(204, ''), 'provider_error'],
    ['text', say(200, '"id_token"'), 'provider_error'],
    ['a number', say(200, '5'), 'provider_error'],
    ['null', say(200, 'null'), 'provider_error'],
    ['a poisoned prototype', say(200, '{"__proto__":{"id_token":"a.b.c"}}'), 'provider_error'],
    ['a list', say(200, '[]'), 'id_token_missing'],
    ['an empty object', say(200, '{}'), 'id_token_missing'],
    ['a redirect here', redirectTo('/elsewhere'), 'provider_error'],
    ['a redirect away', redirectTo('https://evil.example/'), 'provider_error'],
    ['400', say(400, '{"error":"invalid_grant"}'), 'code_rejected'],
    ['400 without JSON', say(400, '<html>', 'text/html'), 'provider_error'],
    ['401', say(401, '{"error":"invalid_client"}'), 'code_rejected'],
    ['429', say(429, '{}'), 'provider_unavailable'],
    ['500', say(500, '{}'), 'provider_unavailable'],
    ['a cut', cut, 'provider_unavailable'],
    ['silence', hang, 'provider_unavailable'],
    ['a drip', drip, 'provider_unavailable'],
  ] as const)('%s', async (_, token, reason) => {
    used.evil.tricks = { answer: { token } }
    const browser = used.portal.browser()
    const callback = await browser.toCallback()
    if (token === hang || token === drip) used.limits.time = SHORT
    await expectRefusal(used, () => browser.get(callback), reason)
    expect(used.evil.calls.elsewhere).toBe(0)
  })

  test('ten mebibytes, right in every word, are not read', async () => {
    used.evil.tricks = { padding: { token: TEN_MEBIBYTES } }
    const browser = used.portal.browser()
    const callback = await browser.toCallback()
    await expectRefusal(used, () => browser.get(callback), 'provider_error')
  })

  test('down when the browser comes back', async () => {
    const callback = await used.portal.browser().toCallback()
    const other = await used.portalWith({ issuer: 'http://127.0.0.1:1' })
    await expectRefusal(used, () => other.browser().login(), 'provider_unavailable', 0)
    expect(callback).toContain('code=')
  })

  test('what comes after we gave up harms nobody', async () => {
    // The limit holds for the plugin from its start, so the metadata must not need the network.
    const metadata = await (
      await fetch(`${used.evil.issuer}/.well-known/openid-configuration`)
    ).text()
    const portal = await used.portalWith({
      limits: { time: SHORT, size: 64 * 1024 },
      fetch: async () => new Response(metadata),
    })
    let poured: Promise<void> | undefined
    used.evil.tricks = {
      answer: {
        token: (_request, response) => {
          response.on('error', () => undefined)
          response.writeHead(200, { 'content-type': 'application/json' })
          response.write('{')
          // Longer than the time limit, then more than the size limit: an answer nobody reads any more.
          poured = new Promise((resolve) => {
            setTimeout(() => {
              response.write('x'.repeat(300_000))
              response.end(() => resolve())
              setTimeout(resolve, 300)
            }, 900)
          })
        },
      },
    }
    const browser = portal.browser()
    const callback = await browser.toCallback()
    await expectRefusal(used, () => browser.get(callback), 'provider_unavailable')
    // An error without a listener would end the process, and this test with it.
    await poured
  })

  // Without the limit this would last until the time of the test is up.
  test('a slow one holds no request', async () => {
    used.evil.tricks = { answer: { token: drip } }
    const browsers = Array.from({ length: 10 }, () => used.portal.browser())
    const callbacks = await Promise.all(browsers.map((browser) => browser.toCallback()))
    used.limits.time = SHORT
    const answers = await Promise.all(browsers.map((browser, i) => browser.get(callbacks[i]!)))
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(10).fill(400))
  })
})

describe('what the token endpoint answers', () => {
  const tokens = (change: object): Tricks => ({ tokens: (honest) => ({ ...honest, ...change }) })

  test.each(['Bearer', 'bearer', 'BEARER', undefined])(
    'token_type %s is ours [token-type-case-insensitivity]',
    async (token_type) => {
      used.evil.tricks = tokens({ token_type })
      await expectArrival(used.portal, await used.portal.browser().signIn())
    },
  )

  test.each([
    { token_type: 'DPoP' },
    { token_type: 'mac' },
    { token_type: 5 },
    { access_token: 5 },
    { access_token: '' },
    { access_token: 'a\r\nx: y' },
    { access_token: 'a b' },
    { access_token: null },
  ])('%j is not', async (change) => {
    used.evil.tricks = tokens(change)
    const browser = used.portal.browser()
    const callback = await browser.toCallback()
    await expectRefusal(used, () => browser.get(callback), 'provider_error')
  })
})

describe('how the portal names itself', () => {
  test('client_secret_post where it is configured', async () => {
    used.evil.clientAuth = 'post'
    try {
      const portal = await used.portalWith({ clientAuth: 'post' })
      await expectArrival(portal, await portal.browser().signIn())
      const browser = used.portal.browser()
      const callback = await browser.toCallback()
      await expectRefusal(used, () => browser.get(callback), 'code_rejected')
    } finally {
      used.evil.clientAuth = 'basic'
    }
  })

  test('a wrong secret is said to the operator, not shown', async () => {
    const portal = await used.portalWith({ clientSecret: 'wrong secret' })
    const browser = portal.browser()
    const callback = await browser.toCallback()
    await expectRefusal(used, () => browser.get(callback), 'code_rejected')
    const log = portal.logged.join('')
    expect(log).toContain('401 invalid_client')
    for (const secret of [...used.evil.secrets, 'wrong secret']) expect(log).not.toContain(secret)
  })
})
