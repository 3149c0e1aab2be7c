import { describe, expect, test } from 'vitest'
import { links } from '../../web/routes.ts'
import { countText } from '../../web/pages/audit/count.ts'
import { fieldOf, instantIn, rangeText, spanText } from '../../web/pages/audit/range.ts'
import {
  changed,
  filterOf,
  isNarrowed,
  isSameFilter,
  queryOf,
  wishOf,
} from '../../web/pages/audit/wish.ts'

const ADA = '3f2b8a1e-5a53-4c7e-9d7e-0b8f6a1c2d3e'
const NOON = Date.parse('2026-11-25T12:00:00Z')

describe('the address of the audit page', () => {
  test('says all that is looked for, and a link to it looks for the same', () => {
    const query = new URLSearchParams([
      ['action', 'token.issued'],
      ['action', 'token.failed'],
      ['address', '10.1.2.3'],
      ['database', 'orders'],
      ['event', '42'],
      ['from', '2026-11-20T00:00:00.000Z'],
      ['outcome', 'failed'],
      ['person', ADA],
      ['request', ADA],
      ['team', 'payments'],
      ['text', 'refunds hang'],
      ['to', '2026-11-21T00:00:00.000Z'],
      ['zone', 'utc'],
    ]).toString()
    const wish = wishOf(query)
    expect(wish).toMatchObject({ actions: ['token.issued', 'token.failed'], zone: 'UTC' })
    expect(queryOf(wish)).toBe(query)
  })

  test('a link from a request leads to its story: the newest event that it has', () => {
    const wish = wishOf(links.story(ADA).split('?')[1] ?? '')
    expect(wish).toMatchObject({ request: ADA, event: 'newest' })
    expect(filterOf(wish, NOON)).toBe(`request=${ADA}`)
  })

  test.each([
    'person=ada',
    'outcome=odd',
    'database=Orders!',
    'request=42',
    'address=nowhere',
    'event=x',
    'last=2w',
    'from=yesterday',
    'action=drop',
    'text=%20%0a',
    'from=2026-11-25T12:00:00Z&to=2026-11-25T12:00:00Z',
  ])('%s is as if it were not there', (query) => {
    expect(wishOf(query)).toEqual({ actions: [] })
  })

  test('a range of one kind takes the place of the other', () => {
    const last = changed(wishOf('from=2026-11-20T00:00:00Z&database=orders'), { last: '7d' })
    expect(queryOf(last)).toBe('database=orders&last=7d')
    const own = changed(last, { from: '2026-11-20T00:00:00.000Z', to: undefined })
    expect(queryOf(own)).toBe('database=orders&from=2026-11-20T00%3A00%3A00.000Z')
    expect(queryOf(changed(own, { last: undefined }))).toBe('database=orders')
  })

  test('what the portal is asked has an instant for a range that ends now, and nothing that only the page needs', () => {
    const asked = filterOf(wishOf('last=24h&zone=utc&event=7&team=payments'), NOON)
    expect(asked).toBe('from=2026-11-24T12%3A00%3A00.000Z&team=payments')
  })

  test('another zone or an open story asks for nothing new', () => {
    expect(
      isSameFilter(wishOf('database=orders'), wishOf('database=orders&zone=utc&event=7')),
    ).toBe(true)
    expect(isSameFilter(wishOf('database=orders'), wishOf('database=shipments'))).toBe(false)
    expect([isNarrowed(wishOf('zone=utc&event=7')), isNarrowed(wishOf('last=7d'))]).toEqual([
      false,
      true,
    ])
  })
})

test.each([
  ['exact', 0, '0 events'],
  ['exact', 1, '1 event'],
  ['exact', 128, '128 events'],
  ['atLeast', 10_000, 'more than 10,000 events'],
  ['about', 1_234_567, 'about 1.2 million events'],
  ['about', 84_210, 'about 84,000 events'],
  ['about', 999_999_999, 'about 1 billion events'],
] as const)('a count that is %s %i is told as such', (is, count, text) => {
  expect(countText({ is, count })).toBe(text)
})

describe('times of a range', () => {
  const at = '2026-11-25T12:30:00.000Z'
  test('what a field shows in a zone is what it means there', () => {
    expect(fieldOf(at, 'UTC')).toBe('2026-11-25T12:30')
    for (const zone of ['UTC', undefined] as const)
      expect(instantIn(fieldOf(at, zone), zone)).toBe(at)
    expect(instantIn('', 'UTC')).toBeNull()
  })

  test('a day is said once where it is one', () => {
    expect(spanText(at, '2026-11-25T13:00:00.000Z', 'UTC')).toBe('25 Nov 2026, 12:30 to 13:00')
    expect(spanText(at, '2026-11-26T13:00:00.000Z', 'UTC')).toBe(
      '25 Nov 2026, 12:30 to 26 Nov 2026, 13:00',
    )
  })

  test.each([
    ['last=7d', 'last 7 days'],
    ['from=2026-11-25T12:30:00Z', 'since 25 Nov 2026, 12:30'],
    ['to=2026-11-25T12:30:00Z', 'before 25 Nov 2026, 12:30'],
    ['', null],
  ])('%s is %s', (query, text) => {
    expect(rangeText(wishOf(`${query}&zone=utc`))).toBe(text)
  })
})
