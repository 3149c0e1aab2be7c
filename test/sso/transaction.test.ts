import { describe, expect, test } from 'vitest'
import {
  asOwner,
  CALLBACK,
  expectArrival,
  expectRefusal,
  PUBLIC_URL,
  stored,
  useSignIn,
} from './portal.ts'

/** A sign-in belongs to one browser, once, for ten minutes. The numbers are those of our list of threats. */
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

test('B-10 an old answer after signing out', async () => {
  const browser = used.portal.browser()
  const callback = await browser.toCallback()
  await expectArrival(used.portal, await browser.get(callback))
  const signInKey = browser.jar.get('__Host-signin')!
  await browser.post('/auth/logout')
  browser.jar.set('__Host-signin', signInKey)
  await expectRefusal(used, () => browser.get(callback), 'transaction_unknown', 0)
})
