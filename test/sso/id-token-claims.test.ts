import { describe, expect, test } from 'vitest'
import { newKey, sign } from './evil-provider.ts'
import { expectRefusal } from './portal.ts'
import {
  forEach,
  forEachTime,
  seconds,
  unsigned,
  useTricks,
  withClaims,
  without,
} from './tricks.ts'

/**
 * The claims of a hostile provider. The numbers are those of our list of threats, the names in brackets the modules
 * of the OpenID Foundation's conformance suite for relying parties. Step-up, back-channel logout and refresh
 * tokens are nothing that the portal takes part in.
 */
const { used, refused, accepted } = useTricks()

describe('A-08 another issuer [invalid-iss]', () => {
  test.each([
    ['a slash more', (iss: string) => `${iss}/`],
    ['upper case', (iss: string) => iss.toUpperCase()],
    [
      'another tenant',
      () => 'https://login.microsoftonline.com/9122040d-6c67-4c5b-b112-36a304b66dad/v2.0',
    ],
    ['a template', () => 'https://login.microsoftonline.com/{tenantid}/v2.0'],
    ['a list', (iss: string) => [iss]],
    ['nothing', () => null],
    ['a default port', (iss: string) => iss.replace('http:', 'https:')],
  ] as const)('%s', async (_, change) => {
    await refused(
      { claims: (honest) => ({ ...honest, iss: change(String(honest.iss)) }) },
      'id_token_issuer',
    )
  })
  test('missing', () => refused(without('iss'), 'id_token_issuer'))
})

describe('A-10 another audience [invalid-aud, missing-aud]', () => {
  forEach(
    'aud',
    [
      'x',
      '',
      'LATCHKEY',
      'latchkey ',
      [],
      [''],
      ['x', 'y'],
      [['latchkey']],
      { 0: 'latchkey' },
      null,
      5,
      ['latchkey', 5],
    ],
    (aud) => refused(withClaims({ aud }), 'id_token_audience'),
  )
  test('missing', () => refused(without('aud'), 'id_token_audience'))
  test('a list of us alone is accepted [valid-aud-as-array]', () =>
    accepted(withClaims({ aud: ['latchkey'] })))
})

describe('A-11 an audience beside us [invalid-secondary-aud]', () => {
  test.each([
    [['latchkey', 'x'], undefined],
    [['latchkey', 'x'], 'x'],
    [['latchkey', 'x'], ['latchkey']],
    ['latchkey', 'x'],
    ['latchkey', null],
    ['latchkey', ''],
  ])('aud %j, azp %j', (aud, azp) => refused(withClaims({ aud, azp }), 'id_token_authorized_party'))

  test('is accepted when we are the authorized party', () =>
    accepted(withClaims({ aud: ['x', 'latchkey'], azp: 'latchkey' })))
})

describe('A-12 the time of the token', () => {
  forEachTime(
    'exp',
    [
      ['expired 31 s ago', () => seconds() - 31],
      ['expired a week ago [invalid-expired-exp]', () => seconds() - 604_800],
      ['text', () => '1900000000'],
      ['null', () => null],
      ['zero', () => 0],
      ['negative', () => -1],
    ],
    (exp) => refused(withClaims({ exp }), 'id_token_expired'),
  )
  test('exp missing [invalid-missing-exp]', () => refused(without('exp'), 'id_token_expired'))
  test('exp infinite', () =>
    refused(
      {
        idToken: (claims, header) =>
          sign(
            JSON.stringify({ ...claims, exp: 0 }).replace('"exp":0', '"exp":1e400'),
            header,
            used.evil.key,
          ),
      },
      'id_token_expired',
    ))
  test('two clocks may differ: expired 25 s ago is accepted', () =>
    accepted({ claims: (honest) => ({ ...honest, exp: seconds() - 25 }) }))

  forEachTime(
    'nbf',
    [
      ['10 minutes ahead', () => seconds() + 600],
      ['35 s ahead', () => seconds() + 35],
      ['text', () => 'soon'],
      ['null', () => null],
    ],
    (nbf) => refused(withClaims({ nbf }), 'id_token_not_yet'),
  )
  test('nbf 25 s ahead is accepted', () =>
    accepted({ claims: (honest) => ({ ...honest, nbf: seconds() + 25 }) }))
})

describe('A-13 a token that was not made just now', () => {
  forEachTime(
    'iat',
    [
      ['a week old [iat-is-week-in-past]', () => seconds() - 604_800],
      ['11 minutes old', () => seconds() - 660],
      ['10 minutes ahead', () => seconds() + 600],
      ['text', () => String(seconds())],
      ['null', () => null],
    ],
    (iat) => refused(withClaims({ iat }), 'id_token_issued_at'),
  )
  test('missing [missing-iat]', () => refused(without('iat'), 'id_token_issued_at'))
  test('nine minutes old is accepted', () =>
    accepted({ claims: (honest) => ({ ...honest, iat: seconds() - 540 }) }))
  test('a clock of ours that is 20 s behind is no reason', async () => {
    used.ahead = -20_000
    await accepted({})
  })
})

describe('A-14 the token of another sign-in [nonce-invalid, nonce-unless-code-flow]', () => {
  forEach('nonce', ['other', '', null, 5, true], (nonce) =>
    refused(withClaims({ nonce }), 'id_token_nonce'),
  )
  test('the right one in a list', () =>
    refused({ claims: (honest) => ({ ...honest, nonce: [honest.nonce] }) }, 'id_token_nonce'))
  test('missing [invalid-missing-nonce]', () => refused(without('nonce'), 'id_token_nonce'))
  test('that of another open sign-in', async () => {
    let stolen: unknown
    await accepted({ claims: (honest) => ((stolen = honest.nonce), honest) })
    await refused({ claims: (honest) => ({ ...honest, nonce: stolen }) }, 'id_token_nonce')
  })
})

describe('A-15 a bad subject [missing-sub]', () => {
  forEach(
    'sub',
    ['', 5, null, true, ['ada'], 'a'.repeat(256), 'a\u0000b', 'a\nb', 'a\u007fb', 'аdа', 'é'],
    (sub) => refused(withClaims({ sub }), 'id_token_subject'),
  )
  test('missing', () => refused(without('sub'), 'id_token_subject'))
  test('255 characters are accepted', async () => {
    const actor = await accepted(withClaims({ sub: 'a'.repeat(255) }))
    expect(actor.subject).toHaveLength(255)
  })
})

describe('A-17 another kind of token', () => {
  test.each([
    'at+jwt',
    'application/at+jwt',
    'logout+jwt',
    'secevent+jwt',
    'dpop+jwt',
    '',
    5,
    null,
  ])('typ %j', (typ) =>
    refused(
      {
        idToken: async (claims, header) =>
          typeof typ === 'string'
            ? sign(claims, { ...header, typ }, used.evil.key)
            : unsigned({ ...header, typ }, claims, 'c2ln'),
      },
      'id_token_type',
    ),
  )
  test('typ may be left out', () => accepted({ header: ({ typ: _, ...rest }) => rest }))
  test('the case of typ is free', () =>
    accepted({ header: (honest) => ({ ...honest, typ: 'jwt' }) }))
})

describe('the hash of the access token [invalid-athash, missing-athash]', () => {
  test.each(['x', '', null, 5])('at_hash %j', (at_hash) =>
    refused(withClaims({ at_hash }), 'access_token_hash'),
  )
  test('of an access token that did not come', () =>
    refused({ tokens: ({ access_token: _, ...rest }) => rest }, 'access_token_hash'))
  test('may be left out', () => accepted(without('at_hash')))
  test('is SHA-512 with EdDSA', async () => {
    const key = await newKey('EdDSA')
    const portal = await used.portalWith({ signingAlg: 'EdDSA' })
    used.evil.tricks = {
      keys: (honest) => [...honest, key.publicJwk],
      idToken: (claims) => sign(claims, { alg: 'EdDSA', kid: key.kid }, key),
    }
    const browser = portal.browser()
    const callback = await browser.toCallback()
    await expectRefusal(used, () => browser.get(callback), 'access_token_hash')
  })
})
