import fc from 'fast-check'
import { expect, test } from 'vitest'
import { secretIn } from '../../server/core/audit/secret-in.ts'
import { freeName } from '../../server/core/key/key.ts'
import { isKeyText, newCode, newKeyText } from '../../server/core/key/key-text.ts'

test('a key is known by its shape, and scanners can find it in a text', () => {
  for (let i = 0; i < 1_000; i++) {
    const key = newKeyText()
    expect(isKeyText(key)).toBe(true)
    expect(key).toMatch(/^lk_[0-9A-Za-z]{49}$/)
  }
  expect(secretIn(`my key is ${newKeyText()}, do not tell`)).toBe('a personal key of the portal')
  expect(secretIn('lk_orders_reader is the name of a user')).toBeNull()
})

test('its letters are even: none comes more often than chance allows', () => {
  const counts = new Map<string, number>()
  const text = Array.from({ length: 2_000 }, () => newKeyText().slice(3, 46)).join('')
  for (const letter of text) counts.set(letter, (counts.get(letter) ?? 0) + 1)
  expect(counts.size).toBe(62)
  const expected = text.length / 62
  // Six standard deviations: by chance once in a thousand years of test runs.
  for (const count of counts.values())
    expect(Math.abs(count - expected)).toBeLessThan(6 * Math.sqrt(expected))
})

test('one that lost, gained or changed letters is none', () => {
  const key = newKeyText()
  const letters = fc.constantFrom(
    ...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
  )
  fc.assert(
    fc.property(fc.nat(key.length - 1), letters, (at, letter) => {
      fc.pre(key[at] !== letter)
      expect(isKeyText(key.slice(0, at) + letter + key.slice(at + 1))).toBe(false)
    }),
    { numRuns: 1_000 },
  )
  for (const other of [key.slice(0, -1), `${key}0`, ` ${key}`, `${key}\n`, key.toUpperCase(), ''])
    expect(isKeyText(other)).toBe(false)
})

test('a code can be carried by hand', () => expect(newCode()).toMatch(/^[0-9A-Za-z]{22}$/))

test.each([
  ['host', [], 'host'],
  ['host', ['host'], 'host 2'],
  ['host', ['host', 'host 2'], 'host 3'],
  ['h'.repeat(64), ['h'.repeat(64)], `${'h'.repeat(62)} 2`],
  ['🔑'.repeat(64), ['🔑'.repeat(64)], `${'🔑'.repeat(62)} 2`],
])('%s beside %j is called %s', (name, taken, free) => {
  expect(freeName(name, taken)).toBe(free)
})
