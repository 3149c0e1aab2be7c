import { describe, expect, test, vi } from 'vitest'
import type { Requests, RequestsWish } from '../../server/contract/request.ts'
import { RequestList } from '../../web/pages/requests/request-list.svelte.ts'
import { statusOf } from '../../web/pages/requests/status.ts'
import { wishOf } from '../../web/pages/requests/wish.ts'
import { aGrant, aRequest } from './requests.ts'

const answer = (ids: string[], next: string | null = null): Requests => ({
  now: '2026-11-25T12:00:00.000Z',
  requests: ids.map((id) => aRequest({ id })),
  next,
})
const ids = (list: RequestList) => list.requests.map(({ id }) => id)

describe('the list of requests', () => {
  test('older ones come after, and a change reads all of them again', async () => {
    const pages: Record<string, Requests> = { '': answer(['c', 'b'], 'b'), b: answer(['a']) }
    const fetch = vi.fn(({ before }: RequestsWish) => Promise.resolve(pages[before ?? '']!))
    const list = new RequestList(fetch)
    await list.show({ view: 'mine' })
    expect([ids(list), list.hasOlder]).toEqual([['c', 'b'], true])
    await list.older()
    expect([ids(list), list.hasOlder]).toEqual([['c', 'b', 'a'], false])

    pages[''] = answer(['d', 'c'], 'c')
    pages.c = answer(['b'])
    await list.refresh()
    expect(ids(list)).toEqual(['d', 'c', 'b'])
  })

  test('an answer to an older wish changes nothing', async () => {
    let finish!: (requests: Requests) => void
    const slow = new Promise<Requests>((resolve) => (finish = resolve))
    const list = new RequestList(({ text }) =>
      text === 'slow' ? slow : Promise.resolve(answer(['quick'])),
    )
    const first = list.show({ text: 'slow' })
    await list.show({ text: 'quick' })
    finish(answer(['slow']))
    await first

    expect(ids(list)).toEqual(['quick'])
    expect(list.loading).toBe(false)
  })

  test('another view starts empty, a failure keeps what is shown', async () => {
    const fetch = vi.fn(() => Promise.resolve(answer(['a'])))
    const list = new RequestList(fetch)
    await list.show({ view: 'mine' })
    fetch.mockRejectedValueOnce(new Error('away'))
    await list.refresh()
    expect([ids(list), String(list.error)]).toEqual([['a'], 'Error: away'])

    const showing = list.show({ view: 'waiting' })
    expect([ids(list), list.ready]).toEqual([[], false])
    await showing
    expect([ids(list), list.ready]).toEqual([['a'], true])
  })
})

describe('what the address asks for', () => {
  const wish = (query: string, isAdministrator = false) => {
    const parameters = new URLSearchParams(query)
    return wishOf((name) => parameters.get(name) ?? '', isAdministrator)
  }
  test('what waits, unless it says otherwise', () => {
    expect(wish('')).toEqual({ view: 'waiting' })
    expect(wish('view=mine&state=denied&q=%20orders%20')).toEqual({
      view: 'mine',
      state: 'denied',
      text: 'orders',
    })
  })
  test('nonsense is as if it were not there', () => {
    expect(wish('view=everything&state=odd&q=%20')).toEqual({ view: 'waiting' })
    expect(wish(`q=${'a'.repeat(101)}`).text).toHaveLength(100)
  })
  test('all of them is for administrators', () => {
    expect(wish('view=all').view).toBe('waiting')
    expect(wish('view=all', true).view).toBe('all')
  })
})

describe('where a request stands', () => {
  const noon = new Date(2026, 10, 25, 12).getTime()
  const at = (hours: number) => new Date(noon + hours * 3_600_000).toISOString()
  const approved = (over: Parameters<typeof aGrant>[0]) =>
    aRequest({
      state: 'approved',
      grant: aGrant({ startsAt: at(-1), endsAt: at(1), ...over }),
    })

  test.each([
    [aRequest({ lapsesAt: at(1), approvals: { have: 1, need: 2 } }), '1 of 2 approvals'],
    [aRequest({ lapsesAt: at(0) }), 'lapsed: nobody decided in time'],
    [aRequest({ state: 'withdrawn' }), 'withdrawn'],
    [approved({}), 'open until 13:00'],
    [approved({ state: 'scheduled', startsAt: at(2), endsAt: at(3) }), 'starts in 2 h'],
    [approved({ endsAt: at(0) }), 'ended'],
    [approved({ state: 'ended', ended: 'by_holder' }), 'ended by its holder'],
    [approved({ state: 'ended', ended: 'revoked' }), 'revoked'],
  ])('%#: %s', (request, text) => {
    expect(statusOf(request, noon).text).toBe(text)
  })
})
