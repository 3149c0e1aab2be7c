import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sessionName } from '../../server/core/access/session-name.ts'

const issuer = 'https://sso.example.com'
const nameOf = (subject: string, email: string | null = null) =>
  sessionName({ issuer, subject, email })

test('the e-mail leads and the hash of the person ends it', () => {
  expect(nameOf('ada', 'ada@example.com')).toMatch(/^ada\.[\w-]{43}$/)
  expect(nameOf('ada', null)).toMatch(/^[\w-]{43}$/)
})

test('it can be recomputed with sha256sum', () => {
  // printf '23:https://sso.example.com3:ada' | openssl dgst -sha256 -binary | basenc --base64url
  expect(nameOf('ada')).toBe('O32HmXSH81YYghemFF3zA8sU08MpWVgluS7IEVfueRI')
})

test.each([
  ['josé.müller+db@example.com', 'jose.muller+db'],
  ['ann.o’neil@example.com', 'ann.o_neil'],
  ['анна@example.com', ''],
  ['-rf@example.com', 'rf'],
  ['@example.com', ''],
  ['aws:ada@example.com', 'aws_ada'],
  ['a'.repeat(70) + '@example.com', 'a'.repeat(20)],
  ['nineteen.chars.here.-tail@example.com', 'nineteen.chars.here'],
  ['no at sign', 'no_at_sign'],
])('%s leads as "%s"', (email, lead) => {
  expect(nameOf('x', email).slice(0, -43).replace(/\.$/, '')).toBe(lead)
})

test.each([
  ['stripping', 'josé', 'jos'],
  ['a space', 'a b', 'ab'],
  ['a sign', 'ann#1', 'ann1'],
  ['the Cyrillic а', 'аda', 'ada'],
  ['composed and decomposed letters', '\u00e9', 'e\u0301'],
  ['case', 'Ada', 'ada'],
  ['70 characters with another end', 'x'.repeat(70) + '1', 'x'.repeat(70) + '2'],
])('%s does not make two people one', (_, one, other) => {
  expect(nameOf(one, 'same@example.com')).not.toBe(nameOf(other, 'same@example.com'))
})

test('the border between issuer and subject counts', () => {
  const left = sessionName({ issuer: 'https://a', subject: 'bc', email: null })
  const right = sessionName({ issuer: 'https://ab', subject: 'c', email: null })
  expect(left).not.toBe(right)
})

test('every name is one that STS takes', () => {
  const text = fc.string({ unit: 'binary', maxLength: 90 })
  fc.assert(
    fc.property(text, text, fc.option(text), (issuer, subject, email) => {
      const name = sessionName({ issuer, subject, email })
      expect(name).toMatch(/^[A-Za-z0-9_+=,.@-]{2,64}$/)
      expect(name.startsWith('aws:')).toBe(false)
    }),
  )
})

test('two people have two names, whatever their e-mail', () => {
  const key = fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }))
  fc.assert(
    fc.property(key, key, ([issuer, subject], [issuer2, subject2]) => {
      fc.pre(issuer !== issuer2 || subject !== subject2)
      const one = sessionName({ issuer, subject, email: 'x@example.com' })
      const other = sessionName({ issuer: issuer2, subject: subject2, email: 'x@example.com' })
      expect(one.slice(-43)).not.toBe(other.slice(-43))
    }),
  )
})

test('text that UTF-8 would fold is refused', () => {
  expect(() => nameOf('\ud800')).toThrow(TypeError)
  expect(nameOf('�')).toBeTruthy()
})
