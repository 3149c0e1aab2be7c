import type { AuditFilter, Outcome } from '../../../server/contract/audit.ts'

/** A range that ends now, whenever that is. In milliseconds; the address has the name. */
export const LAST = {
  '24h': 24 * 3_600_000,
  '7d': 7 * 86_400_000,
  '30d': 30 * 86_400_000,
  '1y': 365 * 86_400_000,
} as const
export type Last = keyof typeof LAST

export type Zone = 'UTC' | undefined

/** What the address of the page asks for. */
export type AuditWish = Omit<AuditFilter, 'action'> & {
  actions: readonly string[]
  last?: Last | undefined
  /** The times are shown in the reader's own unless it says otherwise. */
  zone?: Zone
  /** The event whose story is open; `newest`, which links from elsewhere say, is the first of the list. */
  event?: string | undefined
}
/** What can be narrowed by; `undefined` takes a part away. */
export type Change = { [K in keyof AuditWish]?: AuditWish[K] | undefined }

export const OUTCOMES: readonly { value: Outcome; label: string }[] = [
  { value: 'done', label: 'Done' },
  { value: 'refused', label: 'Refused' },
  { value: 'failed', label: 'Failed' },
  { value: 'unknown', label: 'Not known' },
]

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/
// What the portal would refuse is as if it did not stand there: a link that broke on its way still opens the log
const FORMS = {
  person: new RegExp(`${UUID.source}|^(portal|anonymous)$`, 'i'),
  outcome: /^(done|refused|failed|unknown)$/,
  database: NAME,
  team: NAME,
  request: UUID,
  address: /^[0-9a-f.:]{2,45}$/i,
  event: /^([0-9]{1,18}|newest)$/,
  last: /^(24h|7d|30d|1y)$/,
}
const ACTION = /^[a-z]+\.[a-z]+$/

/** Reads the query string. What it says wrongly is as if it did not say it. */
export function wishOf(search: string): AuditWish {
  const query = new URLSearchParams(search)
  const wish: AuditWish = { actions: query.getAll('action').filter((one) => ACTION.test(one)) }
  for (const [name, form] of Object.entries(FORMS)) {
    const said = query.get(name)?.trim()
    if (said && form.test(said)) Object.assign(wish, { [name]: said })
  }
  const text = oneLine(query.get('text') ?? '')
  if (text) wish.text = text
  if (query.get('zone')?.toUpperCase() === 'UTC') wish.zone = 'UTC'
  if (wish.last) return wish
  const [from, to] = ['from', 'to'].map((name) => instantOf(query.get(name)))
  if (from && to && from >= to) return wish
  return { ...wish, ...(from ? { from } : {}), ...(to ? { to } : {}) }
}

/** The query string of a wish, without the question mark: the same for the same wish. */
export function queryOf({ actions, ...rest }: AuditWish): string {
  const query = new URLSearchParams()
  const said = { ...rest, zone: rest.zone?.toLowerCase() }
  for (const [name, value] of Object.entries(said)) if (value) query.set(name, value)
  for (const action of actions) query.append('action', action)
  query.sort()
  return query.toString()
}

/** A wish with something else in it. A range of one kind takes the place of one of the other. */
export function changed(wish: AuditWish, change: Change): AuditWish {
  const isRange = 'from' in change || 'to' in change || 'last' in change
  const next = isRange ? { ...wish, from: undefined, to: undefined, last: undefined } : wish
  const all = Object.entries({ ...next, ...change }).filter(([, value]) => value !== undefined)
  return Object.fromEntries(all) as AuditWish
}

/** What the portal is asked: a range that ends now begins at an instant. @param now milliseconds */
export function filterOf({ zone: _, event: __, last, ...wish }: AuditWish, now: number): string {
  const from = last ? { from: new Date(now - LAST[last]).toISOString() } : {}
  return queryOf({ ...wish, ...from })
}

/** Whether two wishes ask the portal for the same. */
export const isSameFilter = (a: AuditWish, b: AuditWish) => filterKey(a) === filterKey(b)
const filterKey = (wish: AuditWish) => queryOf({ ...wish, zone: undefined, event: undefined })

export const isNarrowed = (wish: AuditWish) => filterKey(wish) !== ''

const oneLine = (text: string) =>
  text
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, 100)

function instantOf(text: string | null) {
  const at = new Date(text ?? '')
  const isOne = text && !Number.isNaN(at.getTime()) && at.getTime() > 0
  return isOne ? at.toISOString() : undefined
}
