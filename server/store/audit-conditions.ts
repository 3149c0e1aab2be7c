import type { Cursor } from '../core/audit/cursor.ts'
import { actionsOf, type Search } from '../core/audit/search.ts'
import { instantText } from './audit-rows.ts'

/** The values of a statement, each with the name that it has there. */
export const placeholders = () => {
  const list: unknown[] = []
  return { list, add: (value: unknown) => `$${list.push(value)}` }
}
export type Values = ReturnType<typeof placeholders>

const NEWEST_FIRST = 'ORDER BY l.at DESC, l.id DESC'

/**
 * A query of whole rows of audit.log, `l` outside of it: the newest `limit` that fit. `also` are further conditions.
 * Each shape is one that indexes answer in order, so that what is read is what is shown, however large the log is.
 */
export function newest(values: Values, search: Search, also: string[], limit: number): string {
  const { person, text, ...rest } = search
  const cut = `${NEWEST_FIRST} LIMIT ${values.add(limit)}`
  const select = (...more: string[]) =>
    `SELECT l.* FROM audit.log l WHERE ${allOf([...more, ...also])}`

  if (text !== undefined)
    // What has the words is fetched, then sorted: in the order of the list, each text would be cut into words again.
    return `SELECT l.* FROM (${select(...conditions(values, search))} OFFSET 0) l ${cut}`
  const one = inOrder(values, rest, select, cut)
  if (person === undefined) return `${one()} ${cut}`
  // Two indexes in order, not one condition with OR, which no index has in order.
  const whom = values.add(person)
  const [did, had] = [`l.actor = ${whom}`, `l.payload_j->>'person' = ${whom}`]
  return `SELECT l.* FROM (
    (${one(did)} ${cut}) UNION ALL (${one(had, `l.actor <> ${whom}`)} ${cut})) l ${cut}`
}

/** Each action by itself where an index has them in order: together no index has. */
function inOrder(
  values: Values,
  search: Omit<Search, 'person' | 'text'>,
  select: (...where: string[]) => string,
  cut: string,
): (...where: string[]) => string {
  const { database, team, request, address } = search
  const actions = actionsOf(search)
  const few = request !== undefined || address !== undefined
  const rare = !few && actions !== null && !actions.some((action) => BUSY.includes(action))
  // Most events are of something that was done: they are what comes anyway.
  const chosen = actions !== null && (search.actions !== undefined || search.outcome !== 'done')
  const narrow = few || database !== undefined || team !== undefined
  const each = (...where: string[]) => {
    const wanted = values.add(actions)
    const others = conditions(values, { ...search, actions: undefined, outcome: undefined })
    return `SELECT l.* FROM unnest(${wanted}::text[]) AS wanted (action)
      CROSS JOIN LATERAL (${select('l.action = wanted.action', ...where, ...others)} ${cut}) l`
  }
  return (...where) => {
    if (rare && actions.length === 1)
      return select(IS_RARE, ...where, ...conditions(values, search))
    if (rare) return each(IS_RARE, ...where)
    if (chosen && !narrow && where.length === 0) return each()
    return select(...where, ...conditions(values, search))
  }
}

/** Nearly all of a log. Of all others there are indexes by action that no mint writes to: `event_rare_…`. */
const BUSY: readonly string[] = ['token.intent', 'token.issued']
const IS_RARE = `l.action NOT IN ('token.intent', 'token.issued')`

/** What must hold of `l`, a row of audit.log. */
export function conditions(values: Values, search: Search): string[] {
  const where: string[] = []
  const { person, database, team, request, text, address, from, to } = search
  if (person !== undefined) {
    const whom = values.add(person)
    where.push(`(l.actor = ${whom} OR l.payload_j->>'person' = ${whom})`)
  }
  const actions = actionsOf(search)
  if (actions?.length === 1) where.push(`l.action = ${values.add(actions[0])}`)
  else if (actions) where.push(`l.action = ANY(${values.add(actions)}::text[])`)
  if (database !== undefined) where.push(`l.payload_j->>'database' = ${values.add(database)}`)
  if (team !== undefined) where.push(`l.payload_j->>'team' = ${values.add(team)}`)
  if (request !== undefined)
    where.push(`l.payload_j->>'request' = ${values.add(request.toLowerCase())}`)
  if (text !== undefined)
    where.push(
      `(l.payload_j->>'reason' IS NOT NULL OR l.payload_j->>'comment' IS NOT NULL)`,
      `audit.said(l.payload_j) @@ audit.sought(${values.add(text)})`,
    )
  if (address !== undefined) where.push(`l.address = ${values.add(address.toLowerCase())}`)
  if (from) where.push(`l.at >= ${values.add(from.toISOString())}::timestamptz`)
  if (to) where.push(`l.at < ${values.add(to.toISOString())}::timestamptz`)
  return where
}

/** What the first page could see, or was written so long before that nobody can still have been at it. */
export function visibleTo(values: Values, { snapshot, asOf }: Omit<Cursor, 'at' | 'id'>): string {
  const moment = values.add(instantText(asOf))
  return `(l.at < ${moment}::timestamptz - interval '1 hour'
    OR pg_visible_in_snapshot(l.xid, ${values.add(snapshot)}::pg_snapshot))`
}

/** The time is said twice: partitions are chosen by it alone. */
export function olderThan(values: Values, { at, id }: Pick<Cursor, 'at' | 'id'>): string[] {
  const time = `${values.add(instantText(at))}::timestamptz`
  return [`l.at <= ${time}`, `(l.at, l.id) < (${time}, ${values.add(id.toString())}::bigint)`]
}

export const allOf = (where: string[]) => where.join(' AND ') || 'true'
