import { beforeEach, expect, test, vi } from 'vitest'
import type { AuditHistogram, AuditPage } from '../../server/contract/audit.ts'
import { AuditView } from '../../web/pages/audit/audit-view.svelte.ts'
import { byDay } from '../../web/pages/audit/days.ts'
import { wishOf } from '../../web/pages/audit/wish.ts'
import { aHistogram, anEntry } from './audit.ts'

const page = (ids: string[], next: string | null = null): AuditPage => ({
  now: '2026-11-25T12:00:00.000Z',
  entries: ids.map((id) => anEntry({ id })),
  next,
  people: Object.fromEntries(ids.map((id) => [`p${id}`, `Person ${id}`])),
})
const NOON = Date.parse('2026-11-25T12:00:00Z')
let now: number
const events = vi.fn<(query: string) => Promise<AuditPage>>()
const histogram = vi.fn<(query: string) => Promise<AuditHistogram>>()
const ids = (view: AuditView) => view.entries.map(({ id }) => id)
const open = () => new AuditView({ events, histogram }, () => now)

beforeEach(() => {
  now = NOON
  events.mockReset().mockImplementation(() => Promise.resolve(page(['9', '8'], 'older')))
  histogram.mockReset().mockImplementation(() => Promise.resolve(aHistogram([2, 0])))
})

test('the list and the bars are asked the same, also for a range that ends now', async () => {
  const view = open()
  await view.show(wishOf('last=24h&database=orders'))
  now += 60_000
  await view.older()

  expect(histogram.mock.calls).toEqual([['database=orders&from=2026-11-24T12%3A00%3A00.000Z']])
  expect(events.mock.calls[0]).toEqual(histogram.mock.calls[0])
  // A page that follows is of the same list, although time goes on
  expect(events.mock.calls[1]).toEqual([
    'database=orders&from=2026-11-24T12%3A00%3A00.000Z&before=older',
  ])
})

test('a count is that of an earlier wish until it is counted anew, and none where it cannot be', async () => {
  const view = open()
  await view.show(wishOf(''))
  expect(view.counting).toBe(false)

  let answer = (_: AuditHistogram) => {}
  histogram.mockReturnValueOnce(new Promise((resolve) => (answer = resolve)))
  const narrower = view.show(wishOf('database=orders'))
  await vi.waitFor(() => expect(view.loading).toBe(false))
  expect([view.counting, view.histogram?.count.count]).toEqual([true, 2])
  answer(aHistogram([1, 0]))
  await narrower
  expect([view.counting, view.histogram?.count.count]).toEqual([false, 1])

  histogram.mockRejectedValueOnce(new Error('too long'))
  await view.refresh()
  expect([view.counting, view.histogram]).toEqual([false, undefined])
})

test('older ones come after, with the names of theirs', async () => {
  const view = open()
  await view.show(wishOf(''))
  events.mockResolvedValueOnce(page(['7']))
  await view.older()

  expect([ids(view), view.hasOlder]).toEqual([['9', '8', '7'], false])
  expect(view.people).toMatchObject({ p9: 'Person 9', p7: 'Person 7' })
  expect(histogram).toHaveBeenCalledTimes(1)
})

test('what is shown already is not asked for again; reading is recorded', async () => {
  const view = open()
  await view.show(wishOf('database=orders'))
  await view.show(wishOf('database=orders&event=9'))
  await view.show(wishOf('database=orders&zone=utc'))
  expect(events).toHaveBeenCalledTimes(1)
  await view.show(wishOf('database=shipments'))
  expect(events).toHaveBeenCalledTimes(2)
})

test('an answer to an older wish changes nothing', async () => {
  let finish!: (page: AuditPage) => void
  events.mockImplementationOnce(() => new Promise((resolve) => (finish = resolve)))
  const view = open()
  const first = view.show(wishOf('database=orders'))
  events.mockResolvedValueOnce(page(['5']))
  await view.show(wishOf('database=shipments'))
  finish(page(['1']))
  await first

  expect([ids(view), view.ready, view.loading]).toEqual([['5'], true, false])
})

test('a list without bars is a list, and what fails leaves what is shown', async () => {
  histogram.mockRejectedValueOnce(new Error('too long'))
  const view = open()
  await view.show(wishOf(''))
  expect([ids(view), String(view.barsError)]).toEqual([['9', '8'], 'Error: too long'])

  events.mockRejectedValueOnce(new Error('away'))
  await view.older()
  expect([ids(view), String(view.error), view.hasOlder]).toEqual([['9', '8'], 'Error: away', true])
  await view.older()
  expect(view.error).toBeUndefined()
})

test('days are those of the zone, each once, in order', () => {
  const at = (instant: string) => anEntry({ id: instant, at: instant })
  const days = byDay(
    [at('2026-11-26T00:30:00Z'), at('2026-11-25T23:30:00Z'), at('2026-11-25T01:00:00Z')],
    'UTC',
  )
  expect(days.map(({ day, entries }) => [day, entries.length])).toEqual([
    ['Thursday, 26 November 2026', 1],
    ['Wednesday, 25 November 2026', 2],
  ])
})
