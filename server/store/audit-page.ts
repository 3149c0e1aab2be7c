import type { Cursor } from '../core/audit/cursor.ts'
import type { LogPage } from '../core/audit/read-log.ts'
import type { Search } from '../core/audit/search.ts'
import { newest, olderThan, placeholders, type Values, visibleTo } from './audit-conditions.ts'
import { COLUMNS, instantText, type LogRow, micros, namesOf, storedEvent } from './audit-rows.ts'
import type { Store } from './store.ts'

/** As of when the log is read: all pages of one list share it. */
type Moment = Pick<Cursor, 'snapshot' | 'asOf'>

/** With a hundred transactions in progress, a snapshot is longer than an address should be. */
const LONGEST_SNAPSHOT = 1_000
/** How far back words are looked for at first, in microseconds: those that are everywhere fill a page from there. */
const FIRST_LOOK = 31n * 86_400_000_000n

/**
 * One page, newest first by time and id. The first page fixes the moment as of which the others are read too:
 * what commits later is not in them, however old it says it is.
 */
export async function readPage(
  store: Store,
  search: Search,
  after: Cursor | null,
  limit: number,
): Promise<LogPage> {
  const present = await presentOf(store)
  const { snapshot, asOf }: Moment = after ?? present
  const rows = await read(store, search, { snapshot, asOf }, after, limit + 1)
  const shown = rows.slice(0, limit)
  const events = shown.map(storedEvent)
  const last = rows.length > limit ? shown.at(-1) : undefined
  return {
    now: present.now,
    events,
    next: last ? { snapshot, asOf, at: BigInt(last.micros), id: BigInt(last.id) } : null,
    people: await namesOf(store, events),
  }
}

async function presentOf({ pool }: Store): Promise<Moment & { now: Date }> {
  const { rows } = await pool.query<{ now: Date; snapshot: string; as_of: string }>(
    `SELECT c.now, pg_current_snapshot()::text AS snapshot, ${micros('c.now')} AS as_of
       FROM (SELECT clock_timestamp() AS now OFFSET 0) c`,
  )
  const { now, snapshot, as_of } = rows[0]!
  // One that is too long is shortened as if all since the oldest transaction in progress were in progress too.
  const [oldest] = snapshot.split(':')
  const short = snapshot.length > LONGEST_SNAPSHOT ? `${oldest}:${oldest}:` : snapshot
  return { now, snapshot: short, asOf: BigInt(as_of) }
}

async function read(
  { pool }: Store,
  search: Search,
  moment: Moment,
  after: Cursor | null,
  limit: number,
): Promise<LogRow[]> {
  const run = async (also: (values: Values) => string[], most: number) => {
    const values = placeholders()
    const where = [
      visibleTo(values, moment),
      ...(after ? olderThan(values, after) : []),
      ...also(values),
    ]
    const { rows } = await pool.query<LogRow>(
      `SELECT ${COLUMNS} FROM (${newest(values, search, where, most)}) l
         LEFT JOIN audit.seal s ON s.event_id = l.id ORDER BY l.at DESC, l.id DESC`,
      values.list,
    )
    return rows
  }
  if (search.text === undefined) return run(() => [], limit)

  const until = after?.at ?? BigInt(search.to?.getTime() ?? Number(moment.asOf / 1000n)) * 1000n
  const since = instantText(until > FIRST_LOOK ? until - FIRST_LOOK : 0n)
  const near = await run((values) => [`l.at >= ${values.add(since)}::timestamptz`], limit)
  if (near.length === limit) return near
  const older = (values: Values) => [`l.at < ${values.add(since)}::timestamptz`]
  return [...near, ...(await run(older, limit - near.length))]
}
