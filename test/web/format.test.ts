import { describe, expect, test } from 'vitest'
import { ago, duration, initials, oneLine, plural, timeLeft, until } from '../../web/lib/format.ts'

const NOW = Date.parse('2026-11-25T12:00:00Z')

test.each([
  [45, '45 s'],
  [60, '1 min'],
  [5400, '1 h 30 min'],
  [28_800, '8 h'],
  [86_400, '1 day'],
  [180_000, '2 days 2 h'],
])('%i seconds are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text)
})

test.each([
  [-5, 'less than 1 min'],
  [59_000, 'less than 1 min'],
  [60_000, '1 min'],
  [3_599_000, '59 min'],
])('with %i ms left it says %s', (milliseconds, text) => {
  expect(timeLeft(milliseconds)).toBe(text)
})

describe('an end', () => {
  test.each([
    ['2026-11-25T17:40:00Z', '17:40'],
    ['2026-11-26T09:00:00Z', 'tomorrow 09:00'],
    ['2026-11-28T09:00:00Z', '28 Nov 2026, 09:00'],
  ])('%s is %s', (instant, text) => {
    expect(until(instant, NOW, 'UTC')).toBe(text)
  })
})

test.each([
  ['2026-11-25T11:59:40Z', 'now'],
  ['2026-11-25T11:57:00Z', '3 minutes ago'],
  ['2026-11-24T12:00:00Z', 'yesterday'],
])('%s was %s', (instant, text) => {
  expect(ago(instant, NOW)).toContain(text)
})

test('a reason typed over lines is one line, without control characters', () => {
  expect(oneLine(' INC-1:\n\tstuck\u0000payment ')).toBe('INC-1: stuck payment')
})

test('names become initials, and counts their words', () => {
  expect([initials('Ada Marín'), initials('ada@example.com'), initials('')]).toEqual([
    'AM',
    'a',
    '',
  ])
  expect([plural(1, 'database'), plural(1459, 'character')]).toEqual([
    '1 database',
    '1,459 characters',
  ])
})
