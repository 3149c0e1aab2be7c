import { describe, test } from 'vitest'
import { type Claims, sign } from './evil-provider.ts'
import { base64url, useTricks } from './tricks.ts'

/**
 * What a hostile provider sends in place of an ID token. The numbers are those of our list of threats, the names in
 * brackets the modules of the OpenID Foundation's conformance suite for relying parties.
 */
const { used, refused } = useTricks()

describe('what is no ID token at all', () => {
  test.each([undefined, null])('%j', (value) =>
    refused({ idToken: () => value }, 'id_token_missing'),
  )
  test.each([
    ['empty', ''],
    ['a word', 'abc'],
    ['a number', 5],
    ['an object', { alg: 'RS256' }],
    ['a list', ['a.b.c']],
    ['two parts', 'a.b'],
    ['encrypted', 'a.b.c.d.e'],
    ['dots', '..'],
    ['a header that is no JSON', 'YQ.YQ.YQ'],
    ['a header that is a list', `${base64url('[]')}.YQ.YQ`],
    ['not base64url', 'a+b.c/d.e='],
    ['a line break', `${base64url({ alg: 'RS256' })}.e30.YQ\n`],
  ])('%s', (_, value) => refused({ idToken: () => value }, 'id_token_malformed'))

  test.each([
    ['no JSON', 'hello'],
    ['a list', '[]'],
    ['null', 'null'],
    ['text', '"ada"'],
    ['nothing', ''],
    ['brackets without end', '['.repeat(20_000)],
  ])('claims that are %s, well signed', (_, payload) =>
    refused(
      { idToken: (_claims, header) => sign(payload, header, used.evil.key) },
      'id_token_malformed',
    ),
  )

  test('claims that are no UTF-8, well signed', async () => {
    const idToken = async (_: Claims, header: { alg: string }) => {
      const { CompactSign } = await import('jose')
      const bytes = Buffer.concat([
        Buffer.from('{"sub":"'),
        Buffer.from([0xff, 0xfe]),
        Buffer.from('"}'),
      ])
      return new CompactSign(bytes).setProtectedHeader(header).sign(used.evil.key.privateKey)
    }
    await refused({ idToken }, 'id_token_malformed')
  })
})
