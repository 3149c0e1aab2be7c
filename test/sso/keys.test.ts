import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import {
  cut,
  drip,
  hang,
  newKey,
  redirectTo,
  say,
  SHORT,
  sign,
  TEN_MEBIBYTES,
} from './evil-provider.ts'
import { expectArrival, expectRefusal, stored, useSignIn } from './portal.ts'

const used = useSignIn()

describe('A-07 key rotation [signing-key-rotation, signing-key-rotation-just-before-signing]', () => {
  const arrives = async () => expectArrival(used.portal, await used.portal.browser().signIn())

  test('a new key works at once, although the old ones are fresh', async () => {
    await arrives()
    used.ahead = 1_000
    used.evil.key = await newKey('RS256')
    await arrives()
    expect(used.evil.calls.jwks).toBe(2)
    await arrives()
    expect(used.evil.calls.jwks).toBe(2)
  })

  test('rotated just before signing', async () => {
    used.evil.tricks = {
      idToken: async (claims) => {
        used.evil.key = await newKey('RS256')
        return sign(claims, { alg: 'RS256', kid: used.evil.key.kid }, used.evil.key)
      },
    }
    await arrives()
  })

  test('a provider that restarted with a new key under the old name', async () => {
    await arrives()
    used.ahead = 1_000
    used.evil.key = await newKey('RS256', used.evil.key.kid)
    await arrives()
  })

  test('a provider that names no keys and restarted', async () => {
    used.evil.tricks = { header: ({ alg }) => ({ alg }) }
    await arrives()
    used.ahead = 1_000
    used.evil.key = await newKey('RS256')
    await arrives()
  })

  test('twenty sign-ins right after it all arrive, with one fetch', async () => {
    await arrives()
    used.ahead = 1_000
    used.evil.key = await newKey('RS256')
    used.evil.tricks = {
      answer: {
        // Held back until all of them have a token whose key is not known.
        jwks: async (request, response) => {
          while (used.evil.calls.token < 21) await setTimeout(20)
          await setTimeout(200)
          say(200, JSON.stringify({ keys: [used.evil.key.publicJwk] }))(request, response)
        },
      },
    }
    await Promise.all(Array.from({ length: 20 }, arrives))
    expect(used.evil.calls.jwks).toBe(2)
  })

  test('rotated twice within a minute: works again when the minute is over', async () => {
    await arrives()
    used.ahead = 1_000
    used.evil.key = await newKey('RS256')
    await arrives()
    used.ahead = 31_000
    used.evil.key = await newKey('RS256')
    const browser = used.portal.browser()
    const callback = await browser.toCallback()
    await expectRefusal(used, () => browser.get(callback), 'id_token_key')
    used.ahead = 61_500
    await arrives()
  })

  test('fifty tokens with invented key names cost one fetch a minute', async () => {
    await arrives()
    used.ahead = 1_000
    used.evil.tricks = {
      header: (honest) => ({ ...honest, kid: Math.random().toString(36).slice(2) }),
    }
    const before = await stored(used)
    await Promise.all(Array.from({ length: 50 }, () => used.portal.browser().signIn()))
    const { refusals } = await stored(used)
    expect(refusals.slice(before.refusals.length).map(({ reason }) => reason)).toEqual(
      Array(50).fill('id_token_key'),
    )
    expect(used.evil.calls.jwks).toBe(2)
    used.ahead = 62_000
    await used.portal.browser().signIn()
    expect(used.evil.calls.jwks).toBe(3)
  })

  test('a withdrawn key is refused ten minutes later at the latest', async () => {
    const old = used.evil.key
    await arrives()
    used.ahead = 10 * 60_000 + 1_000
    used.evil.tricks = {
      claims: (honest) => ({
        ...honest,
        iat: Number(honest.iat) + 600,
        exp: Number(honest.exp) + 600,
      }),
      keys: () => [],
      idToken: (claims) => sign(claims, { alg: 'RS256', kid: old.kid }, old),
    }
    const browser = used.portal.browser()
    const callback = await browser.toCallback()
    await expectRefusal(used, () => browser.get(callback), 'id_token_key')
  })
})

test('ten mebibytes of keys, right in every word, are not read', async () => {
  used.evil.tricks = { padding: { jwks: TEN_MEBIBYTES } }
  const browser = used.portal.browser()
  const callback = await browser.toCallback()
  await expectRefusal(used, () => browser.get(callback), 'metadata_invalid')
})

describe('keys that are expensive to read', () => {
  test.each([
    ['no JSON', say(200, 'keys'), 'metadata_invalid'],
    ['not there', say(404, '{}'), 'metadata_invalid'],
    ['redirected', redirectTo('/elsewhere'), 'metadata_invalid'],
    ['broken', say(500, '{}'), 'provider_unavailable'],
    ['cut', cut, 'provider_unavailable'],
    ['hanging', hang, 'provider_unavailable'],
    ['dripping', drip, 'provider_unavailable'],
  ] as const)('%s', async (_, jwks, reason) => {
    used.evil.tricks = { answer: { jwks } }
    const browser = used.portal.browser()
    const callback = await browser.toCallback()
    if (jwks === hang || jwks === drip) used.limits.time = SHORT
    await expectRefusal(used, () => browser.get(callback), reason)
    expect(used.evil.calls.elsewhere).toBe(0)
  })
})
