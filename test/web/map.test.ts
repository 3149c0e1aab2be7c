import { expect, test } from 'vitest'
import type { MapPage } from '../../server/contract/access-map.ts'
import { othersOf } from '../../web/pages/map/change.ts'
import { runsOf } from '../../web/pages/map/runs.ts'
import { termsText } from '../../web/pages/map/terms.ts'
import { filterOf, groupsIn, wishOf } from '../../web/pages/map/wish.ts'

const query = (text: string) => (name: string) => new URLSearchParams(text).get(name) ?? ''

test('what the address says is what the portal is asked, and nothing else', () => {
  const said = query('view=map&team=payments&text=a+b&by=database&from=50&evil=1')
  expect(filterOf(said)).toBe('team=payments&text=a+b')
  expect(wishOf(said)).toBe('team=payments&text=a+b&by=database&from=50')
  expect(wishOf(query('by=person&from=-3'))).toBe('')
  expect(wishOf(query('from=0'))).toBe('')
})

test('groups are typed with commas or on lines, each once; blanks within are theirs', () => {
  expect(groupsIn(' a, b c ,\na,,')).toEqual(['a', 'b c'])
  expect(groupsIn(' , ')).toEqual([])
})

test('rows that follow one another are put together by what they go by', () => {
  const row = (id: string, database: string) =>
    ({ person: { id }, database }) as MapPage['rows'][number]
  const rows = [row('ada', 'orders'), row('ada', 'invoices'), row('bob', 'invoices')]

  const keys = (side: 'person' | 'database') =>
    runsOf(rows, side).map((run) => [run.key, run.rows.length])
  expect(keys('person')).toEqual([
    ['ada', 2],
    ['bob', 1],
  ])
  expect(keys('database')).toEqual([
    ['orders', 1],
    ['invoices', 2],
  ])
})

test('terms are one line', () => {
  const open = { longest: 28_800, reason: 'optional', reasonPattern: null } as const
  expect(termsText({ ...open, approval: null, emergency: null })).toBe('up to 8 h · opens at once')
  expect(
    termsText({
      ...{ ...open, reason: 'required', reasonPattern: 'OPS-.+' },
      approval: { groups: ['leads', 'board'], count: 2, within: 60 },
      emergency: { longest: 1_800 },
    }),
  ).toBe(
    'up to 8 h · reason required · reason like OPS-.+ · 2 approvals by leads or board · emergency 30 min',
  )
})

test('who administers, audits and decides is told with its sign', () => {
  const none = { gains: [], losses: [] }
  const key = { team: 'payments', database: 'orders', user: 'writer' }
  const change = {
    administrators: { gains: ['oncall'], losses: ['all'] },
    ...{ auditors: none, approvers: { gains: [], losses: [{ ...key, group: 'leads' }] } },
    roles: [{ team: 'payments', account: '1', from: 'a', to: 'b' }],
  } as never
  expect(othersOf(change)).toEqual([
    { sign: '+', text: 'oncall administers' },
    { sign: '-', text: 'all administers' },
    { sign: '-', text: 'leads decides about writer on orders, team payments' },
    { sign: '~', text: 'team payments assumes b in 1, and not a' },
  ])
})
