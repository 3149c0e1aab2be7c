import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { browserName, secretIn, unlessSecret } from '../../server/core/audit/secret-in.ts'
import { makeAccessKeyId, makeSecretAccessKey } from '../lab/sealed-session.ts'
import { SECRETS } from './secrets.ts'

/** What people write around it. */
const words = fc.string({ maxLength: 40, unit: fc.constantFrom(...'abc XYZ.,!?\n') })

describe('a text with a secret in it is known as one', () => {
  test.each(Object.entries(SECRETS))('%s', (_what, make) => {
    fc.assert(
      fc.property(words, words, (before, after) => {
        expect(secretIn(`${before} ${make()} ${after}`)).not.toBeNull()
      }),
    )
  })
})

test.each([
  'the nightly job of ORD-1234 stopped; rows must be fixed by hand',
  'https://tracker.example.com/browse/ORD-1234?focusedId=99#comment-1',
  'deploy 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  'revert of commit 3f786850e387550fdab836ed7e6dc881de23001b',
  'grant 6f0c1f0e-52a1-4c0e-9a54-2c9f2f0b7c11 is needed for longer',
  'feature/a-very-long-name-of-a-branch-with-numbers-123456',
  `${makeAccessKeyId('AKIA')} was seen in CloudTrail, commit 3f786850e387550fdab836ed7e6dc881de23001b`,
  'the basic authorization of the reporting tool fails; the bearer of bad news',
  'arn:aws:iam::111122223333:role/latchkey-payments cannot be assumed',
  'select count(*) from orders where note like "eyJ%"',
  'ping ada@example.com: http://localhost:8080/access',
  'ÄÖÜ, 数据库, 🚀 and \u0000',
])('%s is no secret', (text) => {
  expect(secretIn(text)).toBeNull()
  expect(unlessSecret(text)).toBe(text)
})

test('the name of a browser is printable, short and holds no secret', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
      expect(browserName(text)).toMatch(/^[\x20-\x7e]{0,256}$/)
    }),
    { numRuns: 50 },
  )
  for (const make of Object.values(SECRETS))
    for (const before of [0, 100, 230, 255]) {
      const secret = make()
      const name = browserName(`${'Mozilla/5.0 '.repeat(30).slice(0, before)} ${secret}`)
      expect(name).not.toContain(secret.slice(0, 20))
    }
})

test('no text is slow', () => {
  const parts = [
    'AKIA',
    'eyJ',
    'a.',
    '-',
    'a://',
    ':',
    'Bearer ',
    '\n',
    'aZ0',
    makeSecretAccessKey(),
  ]
  const began = performance.now()
  for (const part of parts) secretIn(part.repeat(Math.ceil(16_384 / part.length)))
  secretIn(randomBytes(16_384).toString('latin1'))
  expect(performance.now() - began).toBeLessThan(2_000)
})
