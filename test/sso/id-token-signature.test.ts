import { createHmac, randomBytes } from 'node:crypto'
import { type AddressInfo, createServer } from 'node:net'
import { exportSPKI, importJWK } from 'jose'
import { describe, expect, test } from 'vitest'
import { type Claims, CLIENT, newKey, sign, type Tricks } from './evil-provider.ts'
import { expectArrival } from './portal.ts'
import { base64url, forEach, unsigned, useTricks } from './tricks.ts'

/**
 * The signatures and keys of a hostile provider. The numbers are those of our list of threats, the names in
 * brackets the modules of the OpenID Foundation's conformance suite for relying parties.
 */
const { used, refused, accepted } = useTricks()

describe('A-01 a forged ID token [invalid-sig-rs256, idtoken-sig-rs256]', () => {
  test('an honest one is accepted', async () => {
    const actor = await accepted({})
    expect(actor).toMatchObject({ issuer: used.evil.issuer, subject: 'ada', name: 'Ada Marín' })
  })

  test('signed by another key under the right name', async () => {
    const stranger = await newKey('RS256', used.evil.key.kid)
    await refused(
      { idToken: (claims, header) => sign(claims, header, stranger) },
      'id_token_signature',
    )
  })

  test('changed after it was signed', async () => {
    const idToken = async (claims: Claims, header: { alg: string }) => {
      const [head, , signature] = (await sign(claims, header, used.evil.key)).split('.')
      return `${head}.${base64url({ ...claims, sub: 'admin' })}.${signature}`
    }
    await refused({ idToken }, 'id_token_signature')
  })
})

describe('A-02 no signature [idtoken-sig-none]', () => {
  forEach(
    'alg',
    ['none', 'None', 'nOnE', 'NONE', '', null, undefined, 5, ['RS256']],
    async (alg) => {
      await refused(
        { idToken: (claims) => unsigned({ alg, typ: 'JWT' }, claims) },
        'id_token_algorithm',
      )
    },
  )

  test('alg none beside a good signature', async () => {
    const idToken = async (claims: Claims, header: { alg: string }) => {
      const [, payload, signature] = (await sign(claims, header, used.evil.key)).split('.')
      return `${base64url({ alg: 'none' })}.${payload}.${signature}`
    }
    await refused({ idToken }, 'id_token_algorithm')
  })

  test('the right alg and an empty signature', async () => {
    await refused({ idToken: (claims, header) => unsigned(header, claims) }, 'id_token_signature')
  })
})

describe('A-03 a public key taken for a shared secret [invalid-sig-hs256]', () => {
  test.each(['PEM', 'JWK', 'client secret'])('HS256 with the %s', async (what) => {
    const { publicJwk, kid } = used.evil.key
    const key = await importJWK({ ...publicJwk, ext: true }, 'RS256', { extractable: true })
    const secrets: { [name: string]: string } = {
      PEM: key instanceof Uint8Array ? '' : await exportSPKI(key),
      JWK: JSON.stringify(publicJwk),
      'client secret': CLIENT.secret,
    }
    const idToken = (claims: Claims) => {
      const start = `${base64url({ alg: 'HS256', kid })}.${base64url(claims)}`
      return `${start}.${createHmac('sha256', secrets[what]!).update(start).digest('base64url')}`
    }
    await refused({ idToken }, 'id_token_algorithm')
  })

  test('a shared secret among the published keys', async () => {
    const oct = { kty: 'oct', k: randomBytes(32).toString('base64url'), kid: 'shared' }
    const idToken = (claims: Claims) => {
      const start = `${base64url({ alg: 'HS256', kid: 'shared' })}.${base64url(claims)}`
      const key = Buffer.from(oct.k, 'base64url')
      return `${start}.${createHmac('sha256', key).update(start).digest('base64url')}`
    }
    await refused({ idToken, keys: (honest) => [...honest, oct] }, 'id_token_algorithm')
  })
})

describe('A-04 another algorithm than the configured one [invalid-sig-es256]', () => {
  test.each(['ES256', 'PS256', 'EdDSA'])(
    'a good %s signature where RS256 is configured',
    async (alg) => {
      const key = await newKey(alg)
      await refused(
        {
          keys: (honest) => [...honest, key.publicJwk],
          idToken: (claims) => sign(claims, { alg, kid: key.kid }, key),
        },
        'id_token_algorithm',
      )
    },
  )

  test.each(['ES256', 'PS256', 'EdDSA'] as const)(
    '%s is accepted where it is configured',
    async (alg) => {
      const key = await newKey(alg)
      const portal = await used.portalWith({ signingAlg: alg })
      used.evil.tricks = {
        keys: (honest) => [...honest, key.publicJwk],
        // `at_hash` of EdDSA is another hash; that it may be left out is tested below.
        claims: ({ at_hash: _, ...rest }) => rest,
        idToken: (claims) => sign(claims, { alg, kid: key.kid }, key),
      }
      await expectArrival(portal, await portal.browser().signIn())
    },
  )
})

describe('A-05 a key that the token brings along', () => {
  test('jwk in the header is not looked at', async () => {
    const stranger = await newKey('RS256', used.evil.key.kid)
    const header = { alg: 'RS256', kid: stranger.kid, jwk: stranger.publicJwk }
    await refused({ idToken: (claims) => sign(claims, header, stranger) }, 'id_token_signature')
  })

  test.each(['jku', 'x5u'])('%s in the header is never fetched', async (name) => {
    let connections = 0
    const elsewhere = createServer((socket) => {
      connections++
      socket.destroy()
    })
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
    const address = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/keys`
    const stranger = await newKey('RS256')
    const header = { alg: 'RS256', kid: stranger.kid, [name]: address }
    await refused({ idToken: (claims) => sign(claims, header, stranger) }, 'id_token_key')
    await new Promise((resolve) => elsewhere.close(resolve))
    expect(connections).toBe(0)
  })

  test('x5c in the header is not looked at', async () => {
    const stranger = await newKey('RS256', used.evil.key.kid)
    const header = { alg: 'RS256', kid: stranger.kid, x5c: ['MIIB'] }
    await refused({ idToken: (claims) => sign(claims, header, stranger) }, 'id_token_signature')
  })

  forEach('crit', [['x'], [], 'x', ['b64'], ['exp']], async (crit) => {
    const idToken = (claims: Claims) =>
      `${base64url({ alg: 'RS256', kid: used.evil.key.kid, crit, x: 1, b64: true })}.${base64url(claims)}.c2ln`
    await refused({ idToken }, 'id_token_malformed')
  })
})

describe('A-06 a token that does not name its key', () => {
  const nameless: Tricks = { header: ({ alg, typ }) => ({ alg, ...(typ && { typ }) }) }

  test('one key is published: accepted [kid-absent-single-jwks]', async () => {
    await accepted(nameless)
  })

  test('several fit: refused [kid-absent-multiple-jwks]', async () => {
    const second = await newKey('RS256')
    const keys: Tricks['keys'] = (honest) => [...honest, second.publicJwk]
    await refused({ ...nameless, keys }, 'id_token_key')
  })

  test('a kid that is not text is no name', async () => {
    await refused(
      { idToken: (claims) => unsigned({ alg: 'RS256', kid: 5 }, claims, 'c2ln') },
      'id_token_key',
    )
  })
})

describe('the published keys', () => {
  test.each([
    ['no list', () => 'keys'],
    ['a list of nonsense', () => [null]],
    ['nothing', () => undefined],
  ])('%s', (_, keys) => refused({ keys }, 'metadata_invalid'))

  test('none', () => refused({ keys: () => [] }, 'id_token_key'))

  test('a key that may only encrypt', () =>
    refused({ keys: ([key]) => [{ ...key, use: 'enc' }] }, 'id_token_key'))

  test('a key too short to be safe', async () => {
    const { generateKeyPairSync } = await import('node:crypto')
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: used.evil.key.kid, alg: 'RS256' }
    await refused({ keys: () => [jwk] }, 'id_token_key')
  })

  test('a private key among them', async () => {
    const { exportJWK } = await import('jose')
    const jwk = { ...(await exportJWK(used.evil.key.privateKey)), kid: used.evil.key.kid }
    await refused({ keys: () => [jwk] }, 'id_token_key')
  })
})
