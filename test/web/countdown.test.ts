import { describe, expect, test } from 'vitest'
import { Clock } from '../../web/lib/clock.svelte.ts'
import { digits, phase, remark } from '../../web/lib/countdown.ts'

test.each([
  [900_000, '15:00', 'calm'],
  [180_000, '3:00', 'calm'],
  [179_999, '3:00', 'soon'],
  [60_000, '1:00', 'soon'],
  [59_001, '1:00', 'urgent'],
  [1, '0:01', 'urgent'],
  [0, '0:00', 'over'],
  [-5_000, '0:00', 'over'],
  [3_723_000, '1:02:03', 'calm'],
])('%i ms left are %s and %s', (left, text, attention) => {
  expect([digits(left), phase(left)]).toEqual([text, attention])
})

describe('what a screen reader hears', () => {
  test.each([
    [301_000, 300_000, '5 minutes', false],
    [61_000, 60_000, '1 minute', false],
    [500, 0, 'has expired', true],
  ])('from %i to %i ms: %s', (before, after, words, urgent) => {
    expect(remark(before, after)).toEqual({ text: expect.stringContaining(words), urgent })
  })

  test('each mark is passed once, and nothing is said in between or after', () => {
    const said = Array.from({ length: 902 }, (_, second) => 900_000 - second * 1000)
      .map((left) => remark(left, Math.max(0, left - 1000)))
      .filter((each) => each !== null)
    expect(said).toHaveLength(3)
  })

  test('a tab that slept over all marks hears the end only', () => {
    expect(remark(600_000, 0)?.urgent).toBe(true)
  })

  test('a new token is no remark', () => {
    expect(remark(0, 900_000)).toBeNull()
  })
})

describe('the clock', () => {
  test('follows the server, whatever this computer believes', () => {
    let local = Date.parse('2026-11-25T12:06:00Z')
    const clock = new Clock(() => local)
    clock.sync('2026-11-25T12:00:00.000Z')
    expect(clock.ahead).toBe(360_000)

    local += 5_000
    clock.tick()
    expect(new Date(clock.now).toISOString()).toBe('2026-11-25T12:00:05.000Z')
  })

  test('does not believe an instant that is none', () => {
    const clock = new Clock(() => 1_000)
    clock.sync('soon')
    expect([clock.ahead, clock.now]).toEqual([0, 1_000])
  })

  test('tells those who watch, until they leave', () => {
    const clock = new Clock(() => 7)
    const heard: number[] = []
    const leave = clock.watch((now) => heard.push(now))
    clock.tick()
    leave()
    clock.tick()
    expect(heard).toEqual([7])
  })
})
