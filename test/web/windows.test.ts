import { expect, test } from 'vitest'
import { windowAround, windowText } from '../../web/pages/access/windows.ts'
import { aGrant } from './requests.ts'

// Noon, wherever this runs: the text is of the reader's time zone
const now = new Date(2026, 10, 25, 12).getTime()
const hours = (count: number) => new Date(now + count * 3_600_000).toISOString()
const grant = (from: number, to: number, over = {}) =>
  aGrant({ id: `${from}-${to}`, startsAt: hours(from), endsAt: hours(to), ...over })

test('two grants of one rule that overlap are told as one window', () => {
  const [first, second] = [grant(-1, 2), grant(0, 6)]
  const text = 'Until 18:00, from two grants; ending one does not end the other.'
  expect(windowText(first, [first, second], now)).toBe(text)
  expect(windowText(second, [second, first], now)).toBe(text)
})

test('a grant that begins as another ends goes on with it; one that begins later does not', () => {
  const [first, next, later] = [grant(-1, 2), grant(2, 3), grant(4, 5)]
  expect(windowText(first, [first, next, later], now)).toMatch(/^Until 15:00, from two grants/)
  expect(windowText(later, [first, next, later], now)).toBeNull()
})

test('the end is the latest, whichever grant it is of', () => {
  const [long, short] = [grant(-1, 8), grant(0, 1)]
  expect(windowText(short, [long, short], now)).toMatch(/^Until 20:00/)
})

test('three grants in a chain', () => {
  const chain = [grant(-1, 1), grant(0, 3), grant(2, 5)]
  expect(windowText(chain[0]!, chain, now)).toBe(
    'Until 17:00, from three grants; ending one does not end the others.',
  )
})

test('grants of other rules, and ended ones, are no part of it', () => {
  const one = grant(-1, 2)
  const others = [
    grant(0, 6, { user: 'orders_writer' }),
    grant(0, 6, { team: 'support' }),
    grant(0, 6, { database: 'shipments' }),
    grant(0, 6, { state: 'ended' }),
  ]
  expect(windowAround(one, [one, ...others])).toEqual([one])
  expect(windowText(one, [one, ...others], now)).toBeNull()
})
