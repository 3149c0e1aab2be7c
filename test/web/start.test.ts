import { afterEach, describe, expect, test } from 'vitest'
import { instantOf, localField, startRange, whyNotStart } from '../../web/pages/database/start.ts'

const zone = process.env.TZ
afterEach(() => {
  if (zone === undefined) delete process.env.TZ
  else process.env.TZ = zone
})

describe('a later start, in the time zone of whoever asks', () => {
  test.each([
    ['UTC', '2026-11-25T17:40', '2026-11-25T17:40:00.000Z'],
    ['Europe/Berlin', '2026-11-25T17:40', '2026-11-25T16:40:00.000Z'],
    ['Asia/Kolkata', '2026-11-25T17:40', '2026-11-25T12:10:00.000Z'],
    // The clock skips from 02:00 to 03:00
    ['Europe/Berlin', '2026-03-29T02:30', '2026-03-29T01:30:00.000Z'],
    ['America/New_York', '2026-03-08T02:30', '2026-03-08T07:30:00.000Z'],
    // The clock shows 02:30, and 01:30, twice: the first is meant
    ['Europe/Berlin', '2026-10-25T02:30', '2026-10-25T00:30:00.000Z'],
    ['America/New_York', '2026-11-01T01:30', '2026-11-01T05:30:00.000Z'],
  ])('in %s, %s is %s', (timeZone, field, instant) => {
    process.env.TZ = timeZone
    expect(instantOf(field)).toBe(instant)
  })

  test('an instant and its field mean the same', () => {
    process.env.TZ = 'Australia/Lord_Howe'
    const at = Date.parse('2026-11-25T12:34:00.000Z')
    expect(instantOf(localField(at))).toBe(new Date(at).toISOString())
  })

  test.each([[''], ['2026-11-25'.slice(0, 7) + 'x'], ['soon']])('%j is no time', (field) => {
    expect(instantOf(field)).toBeNull()
  })
})

describe('the boundaries of a start', () => {
  const now = Date.parse('2026-11-25T12:00:00.000Z')
  const after = (milliseconds: number) => new Date(now + milliseconds).toISOString()
  const WEEK = 7 * 86_400_000

  test.each([
    [-1, 'That start has passed. Choose a later one.'],
    [0, null],
    [WEEK, null],
    [WEEK + 1, 'That start is too far ahead. Choose one within 7 days.'],
  ])('%d ms from now: %s', (milliseconds, why) => {
    expect(whyNotStart(after(milliseconds), now)).toBe(why)
  })

  test('what the field offers is within them', () => {
    const { min, max } = startRange(now + 1)
    expect(whyNotStart(instantOf(min), now)).toBeNull()
    expect(whyNotStart(instantOf(max), now + 1)).toBeNull()
  })
})
