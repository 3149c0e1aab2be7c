import { flushSync, mount, unmount } from 'svelte'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { barsOf, barText, CHART, spanOf, summary, ticksOf } from '../../web/pages/audit/bars.ts'
import Histogram from '../../web/pages/audit/Histogram.svelte'
import { Selection } from '../../web/pages/audit/selection.svelte.ts'
import { aHistogram } from './audit.ts'

const hours = aHistogram([10, 0], [20, 2], [0, 0], [5, 1])

describe('the bars', () => {
  test('what was done stands above the line, what was not hangs below, each to its own scale', () => {
    const bars = barsOf(hours.buckets, 400)
    expect(bars.map(({ segments }) => segments.map(({ kind }) => kind))).toEqual([
      ['done'],
      ['done', 'refused'],
      [],
      ['done', 'refused'],
    ])
    const [done, refused] = bars[1]!.segments
    expect(done).toMatchObject({ y: 0, height: CHART.middle - CHART.gap })
    expect(refused!.y + refused!.height).toBe(CHART.height)
  })

  test('what is rare beside what is not can still be seen', () => {
    const [, rare] = barsOf(aHistogram([100_000, 0], [1, 0]).buckets, 400)
    expect(rare!.segments[0]!.height).toBeGreaterThanOrEqual(3)
  })

  test('they fill the width and do not leave it, however many there are', () => {
    for (const count of [1, 24, 200]) {
      const bars = barsOf(aHistogram(...Array<[number, number]>(count).fill([1, 0])).buckets, 300)
      const last = bars.at(-1)!
      expect(bars[0]!.x).toBeLessThan(2)
      expect(last.x + last.width).toBeLessThanOrEqual(300.001)
      expect(last.x + last.width).toBeGreaterThan(297)
    }
  })

  test('a run of them is from the start of the first to the end of the last, as the range cuts them', () => {
    expect(spanOf(hours, 0, 0)).toEqual({
      from: '2026-11-25T10:30:00.000Z',
      to: '2026-11-25T11:00:00.000Z',
    })
    expect(spanOf(hours, 1, 3)).toEqual({
      from: '2026-11-25T11:00:00.000Z',
      to: '2026-11-25T13:45:00.000Z',
    })
  })

  test('they are told in words', () => {
    expect(barText(hours, 1, 1, 'UTC')).toBe('25 Nov 2026, 11:00 to 12:00: 20 done, 2 refused')
    expect(barText(hours, 2, 2, 'UTC')).toMatch(/: nothing$/)
    expect(summary(hours, 'UTC')).toBe(
      '4 bars, 25 Nov 2026, 10:30 to 13:45. Together: 35 done, 3 refused. ' +
        'The most: 25 Nov 2026, 11:00 to 12:00: 20 done, 2 refused.',
    )
  })

  test('labels keep away from each other', () => {
    const many = aHistogram(...Array<[number, number]>(48).fill([1, 0]))
    const ticks = ticksOf(many, 480, 'UTC')
    for (const [at, tick] of ticks.entries())
      if (at) expect(tick.x - ticks[at - 1]!.x).toBeGreaterThanOrEqual(80)
    expect(ticks.map(({ text }) => text)).toContain('26 Nov')
  })
})

describe('choosing', () => {
  const fresh = () => new Selection(() => 10)

  test('by pointer: from where it went down to where it was let go, in either direction', () => {
    const selection = fresh()
    selection.press(6)
    selection.drag(3)
    selection.drag(-4)
    expect(selection.span).toEqual({ first: 0, last: 6 })
    expect(selection.release()).toEqual({ first: 0, last: 6 })
    expect([selection.span, selection.release()]).toEqual([null, null])
  })

  test('a pointer that only passes chooses nothing', () => {
    const selection = fresh()
    selection.drag(3)
    expect(selection.span).toBeNull()
  })

  test('by keys: arrows move, Shift extends, Enter applies', () => {
    const selection = fresh()
    expect(selection.key('ArrowLeft', false)).toBe('moved')
    expect(selection.span).toEqual({ first: 9, last: 9 })
    selection.key('ArrowLeft', false)
    selection.key('ArrowLeft', true)
    selection.key('ArrowLeft', true)
    expect(selection.span).toEqual({ first: 6, last: 8 })
    selection.key('ArrowRight', true)
    expect(selection.key('Enter', false)).toEqual({ first: 7, last: 8 })
    expect(selection.span).toBeNull()
  })

  test('Escape lets go, and without a choice the keys are not taken from the page', () => {
    const selection = fresh()
    expect([selection.key('Escape', false), selection.key('Enter', false)]).toEqual([null, null])
    expect([selection.key('Tab', false), selection.key('a', false)]).toEqual([null, null])
    selection.key('Home', false)
    expect(selection.span).toEqual({ first: 0, last: 0 })
    expect(selection.key('Escape', false)).toBe('cancelled')
    expect(selection.span).toBeNull()
  })

  test('no key leads outside', () => {
    const selection = fresh()
    for (const key of ['PageUp', 'End', 'ArrowRight', 'ArrowRight']) selection.key(key, false)
    expect(selection.cursor).toBe(9)
    for (const key of ['PageDown', 'PageDown', 'ArrowLeft']) selection.key(key, true)
    expect(selection.span).toEqual({ first: 0, last: 9 })
    expect(new Selection(() => 0).key('ArrowLeft', false)).toBeNull()
  })
})

describe('the picture', () => {
  let shown: Record<string, unknown> | undefined
  const onnarrow = vi.fn()
  beforeEach(() => {
    onnarrow.mockClear()
    shown = mount(Histogram, {
      target: document.body,
      props: { histogram: hours, zone: 'UTC', onnarrow },
    })
    flushSync()
  })
  afterEach(() => unmount(shown ?? {}))

  const slider = () => document.querySelector<HTMLElement>('[role="slider"]')!
  const press = (key: string, shiftKey = false) => {
    const event = new KeyboardEvent('keydown', { key, shiftKey, bubbles: true, cancelable: true })
    slider().dispatchEvent(event)
    flushSync()
    return event
  }

  test('says what it stands on, and narrows to what was chosen', () => {
    expect(slider().getAttribute('aria-valuetext')).toMatch(/^4 bars/)
    press('ArrowLeft')
    expect(slider().getAttribute('aria-valuenow')).toBe('4')
    expect(slider().getAttribute('aria-valuetext')).toMatch(/13:00 to 13:45: 5 done, 1 refused/)
    press('ArrowLeft', true)
    press('ArrowLeft', true)
    expect(slider().getAttribute('aria-valuetext')).toMatch(/11:00 to 13:45: 25 done, 3 refused/)
    expect(press('Enter').defaultPrevented).toBe(true)
    expect(onnarrow).toHaveBeenCalledExactlyOnceWith(spanOf(hours, 1, 3))
  })

  test('is a table too, without its empty bars', () => {
    const details = document.querySelector('details')!
    details.open = true
    details.dispatchEvent(new Event('toggle'))
    flushSync()
    const rows = [...document.querySelectorAll('tbody tr')].map((row) => row.textContent)
    expect(rows).toHaveLength(3)
    expect(rows[1]).toMatch(/11:00 to 12:00\s*20\s*2\s*0\s*0/)
  })
})
