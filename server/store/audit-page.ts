import type { Cursor } from '../core/audit/cursor.ts'
import type { LogPage } from '../core/audit/read-log.ts'
import type { Search } from '../core/audit/search.ts'
import { newest, olderThan, placeholders, type Values, visibleTo } from './audit-conditions.ts'
import {
  COLUMNS,
  instantText,
  type LogRow,
  micros,
  namesOf,
  storedEvent,
  type Reading,
} from './audit-rows.ts'

/** As of when the log is read: all pages of one list share it. */
type Moment = Pick<Cursor, 'snapshot' | 'asOf'>

/** With a hundred transactions in progress, a snapshot is longer than an address should be. */
const LONGEST_SNAPSHOT = 1_000
/** How far back words are looked for at first, in microseconds: those that are everywhere fill a page from there. */
const FIRST_LOOK = 31n * 86_400_000_000n

/** The database's word on the time, and the moment as of which a first page is read. */
type Present = { now: Date; moment: Moment }

/**
 * One page, newest first by time and id. The first page fixes the moment as of which the others are read too:
 * what commits later is not in them, however old it says it is.
 */
export async function readPage(
  store: Reading,
  search: Search,
  after: Cursor | null,
  limit: number,
): Promise<LogPage> {
  const { now, moment, rows } = await read(store, search, after, limit + 1)
  const shown = rows.slice(0, limit)
  const events = shown.map(storedEvent)
  const last = rows.length > limit ? shown.at(-1) : undefined
  return {
    now,
    events,
    next: last ? { ...moment, at: BigInt(last.micros), id: BigInt(last.id) } : null,
    people: await namesOf(store, events),
  }
}

type Read = Present & { rows: LogRow[] }

async function read(
  store: Reading,
  search: Search,
  after: Cursor | null,
  limit: number,
): Promise<Read> {
  const given = after && { snapshot: after.snapshot, asOf: after.asOf }
  const older = (values: Values) => (after ? olderThan(values, after) : [])
  if (search.text === undefined) return run(store, search, given, older, limit)

  const until = after?.at ?? BigInt(search.to?.getTime() ?? Date.now()) * 1000n
  const since = instantText(until > FIRST_LOOK ? until - FIRST_LOOK : 0n)
  const near = await run(
    store,
    search,
    given,
    (values) => [...older(values), `l.at >= ${values.add(since)}::timestamptz`],
    limit,
  )
  if (near.rows.length === limit) return near
  const far = await run(
    store,
    search,
    near.moment,
    (values) => [...older(values), `l.at < ${values.add(since)}::timestamptz`],
    limit - near.rows.length,
  )
  return { ...near, rows: [...near.rows, ...far.rows] }
}

/** Without a moment the statement sees its own, and says which: `pg_current_snapshot()` is the snapshot that it reads by. */
async function run(
  { pool }: Reading,
  search: Search,
  moment: Moment | null,
  also: (values: Values) => string[],
  limit: number,
): Promise<Read> {
  const values = placeholders()
  const where = [...(moment ? [visibleTo(values, moment)] : []), ...also(values)]
  const { rows } = await pool.query<PresentRow & LogRow>(
    `SELECT c.now, pg_current_snapshot()::text AS snapshot, ${micros('c.now')} AS as_of, ${COLUMNS}
       FROM (SELECT clock_timestamp() AS now OFFSET 0) c
       LEFT JOIN (${newest(values, search, where, limit)}) l ON true
       LEFT JOIN audit.seal s ON s.event_id = l.id ORDER BY l.at DESC, l.id DESC`,
    values.list,
  )
  const [first] = rows
  return {
    now: first!.now,
    moment: moment ?? momentOf(first!),
    rows: rows.filter(({ id }) => id !== null),
  }
}

/** Comes with every row, and alone where nothing was found. */
type PresentRow = { now: Date; snapshot: string; as_of: string }

function momentOf({ snapshot, as_of }: PresentRow): Moment {
  // One that is too long is shortened as if all since the oldest transaction in progress were in progress too.
  const [oldest] = snapshot.split(':')
  const short = snapshot.length > LONGEST_SNAPSHOT ? `${oldest}:${oldest}:` : snapshot
  return { snapshot: short, asOf: BigInt(as_of) }
}
