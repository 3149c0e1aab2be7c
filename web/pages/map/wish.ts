import type { MapWish } from '../../../server/contract/access-map.ts'

/** What the address of the page says is what the portal is asked, by the same names. */
const FILTERS = ['person', 'team', 'group', 'database', 'user', 'text'] as const
export type Filter = (typeof FILTERS)[number]

/** The filters as a query: of the map, and of its files. */
export function filterOf(query: (name: string) => string): string {
  const said = FILTERS.map((name) => [name, query(name)]).filter(([, value]) => value)
  return new URLSearchParams(said as [string, string][]).toString()
}

export function wishOf(query: (name: string) => string): string {
  const wish = new URLSearchParams(filterOf(query))
  if (sideOf(query) === 'database') wish.set('by', 'database')
  if (/^[1-9][0-9]{0,9}$/.test(query('from'))) wish.set('from', query('from'))
  return wish.toString()
}

export const sideOf = (query: (name: string) => string): NonNullable<MapWish['by']> =>
  query('by') === 'database' ? 'database' : 'person'

/** Everything that narrows, taken away. */
export const NOTHING = Object.fromEntries([...FILTERS, 'from'].map((name) => [name, '']))

/** The groups as they are typed: with commas or line ends between them, since blanks are part of some. */
export const groupsIn = (text: string): string[] => [
  ...new Set(
    text
      .split(/[,\n]/)
      .map((group) => group.trim())
      .filter(Boolean),
  ),
]
