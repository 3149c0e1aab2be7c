import {
  type Bucket,
  bucketSeconds,
  bucketStart,
  type Count,
  type Histogram,
} from '../core/audit/histogram.ts'
import { outcomeOf } from '../core/audit/outcome.ts'
import { actionsOf, type Search } from '../core/audit/search.ts'
import { allOf, conditions, newest, placeholders, type Values } from './audit-conditions.ts'
import type { Reading } from './audit-rows.ts'

/** What no tally has is counted one by one, up to this many. */
const MOST = 20_000
const HOUR = 3600
const DAY = 86_400

type Counted = { bucket: Date; action: string; count: string }

/**
 * How many events a search finds, over time. By action, database, team and time it is read from the tally, and agrees
 * with the list to the event; by anything else events are counted one by one, newest first, until there are too many.
 */
export async function readHistogram(
  store: Reading,
  search: Search,
): Promise<Histogram & { now: Date; count: Count }> {
  const { now, oldest } = await spanOf(store)
  const to = search.to ?? now
  const from = search.from ?? (oldest && oldest < to ? oldest : to)
  if (from >= to) return { ...empty(now), count: { is: 'exact', count: 0 } }

  const seconds = bucketSeconds(from, to)
  const single = [search.person, search.request, search.text, search.address]
  const tallied = single.every((filter) => filter === undefined)
  const found = tallied
    ? await readTally(store, search, seconds)
    : await countEach(store, search, seconds, to)
  return {
    now,
    range: { from, to },
    seconds,
    buckets: fill(from, to, seconds, found.rows),
    completeFrom: found.completeFrom,
    count: found.count,
  }
}

const empty = (now: Date) => ({ now, range: null, seconds: HOUR, buckets: [], completeFrom: null })

async function spanOf({ pool }: Reading): Promise<{ now: Date; oldest: Date | null }> {
  const { rows } = await pool.query<{ now: Date; oldest: Date | null }>(
    'SELECT clock_timestamp() AS now, (SELECT min(at) FROM audit.log) AS oldest',
  )
  return rows[0]!
}

type Found = { rows: Counted[]; count: Count; completeFrom: Date | null }

/** Where the bucket of `at` begins, in SQL: `bucketStart` in other words. */
const bucketOf = (at: string, seconds: number) =>
  `date_bin('${seconds} seconds', ${at}, '${bucketStart(new Date(0), seconds).toISOString()}')`

/**
 * Whole days and whole hours from the tally, with what is not sealed yet; the ends of the range, which cut an hour,
 * from the events. One statement, so that what is sealed meanwhile is neither missed nor counted twice.
 */
async function readTally({ pool }: Reading, search: Search, seconds: number): Promise<Found> {
  const values = placeholders()
  const { from, to, ...rest } = search
  const events = (...also: string[]) =>
    `SELECT ${bucketOf('l.at', seconds)} AS bucket, l.action, count(*) AS count FROM audit.log l
      WHERE ${allOf([...conditions(values, rest), ...also])} GROUP BY 1, 2`
  const between = (at: string, begin: Date | undefined, end: Date | undefined) => [
    ...(begin ? [`${at} >= ${values.add(begin.toISOString())}::timestamptz`] : []),
    ...(end ? [`${at} < ${values.add(end.toISOString())}::timestamptz`] : []),
  ]
  const tally = (unit: number, begin: Date | undefined, end: Date | undefined) =>
    `SELECT ${bucketOf('t.start', seconds)} AS bucket, t.action, sum(t.count) AS count FROM audit.tally t
      WHERE ${allOf([`t.seconds = ${unit}`, ...tallyConditions(values, rest), ...between('t.start', begin, end)])} GROUP BY 1, 2`

  const whole = { from: from && ceil(from, HOUR), to: to && floor(to, HOUR) }
  // Buckets shorter than an hour, or no whole hour between the ends: the events say it all.
  if (seconds < HOUR || (whole.from && whole.to && whole.from >= whole.to))
    return counted(await run(events(...between('l.at', from, to))))

  const days = { from: whole.from && ceil(whole.from, DAY), to: whole.to && floor(whole.to, DAY) }
  const byDay = seconds % DAY === 0 && !(days.from && days.to && days.from >= days.to)
  return counted(
    await run(
      [
        ...(byDay
          ? [
              tally(DAY, days.from, days.to),
              ...(days.from ? [tally(HOUR, whole.from, days.from)] : []),
              ...(days.to ? [tally(HOUR, days.to, whole.to)] : []),
            ]
          : [tally(HOUR, whole.from, whole.to)]),
        events(
          'l.xid >= (SELECT watermark FROM audit.sealer_state)',
          ...between('l.at', whole.from, whole.to),
        ),
        ...(from ? [events(...between('l.at', from, whole.from))] : []),
        ...(to ? [events(...between('l.at', whole.to, to))] : []),
      ].join(' UNION ALL '),
    ),
  )

  async function run(sql: string) {
    const { rows } = await pool.query<Counted>(sql, values.list)
    return rows
  }
}

const counted = (rows: Counted[]): Found => ({
  rows,
  count: { is: 'exact', count: rows.reduce((sum, { count }) => sum + Number(count), 0) },
  completeFrom: null,
})

function tallyConditions(values: Values, search: Search): string[] {
  const actions = actionsOf(search)
  return [
    ...(actions ? [`t.action = ANY(${values.add(actions)}::text[])`] : []),
    ...(search.database === undefined ? [] : [`t.database = ${values.add(search.database)}`]),
    ...(search.team === undefined ? [] : [`t.team = ${values.add(search.team)}`]),
  ]
}

const floor = (at: Date, seconds: number) => bucketStart(at, seconds)
const ceil = (at: Date, seconds: number) => {
  const begin = floor(at, seconds)
  return begin < at ? new Date(begin.getTime() + seconds * 1000) : begin
}

/** Words that are everywhere are as many as are counted within a month: only others are looked for in all time. */
const FIRST_LOOK = 31 * DAY * 1000

async function countEach(
  store: Reading,
  search: Search,
  seconds: number,
  to: Date,
): Promise<Found> {
  const near = new Date(to.getTime() - FIRST_LOOK)
  if (search.text !== undefined && !(search.from && search.from >= near)) {
    const found = await countSome(store, { ...search, from: near }, seconds)
    if (found.completeFrom) return found
  }
  return countSome(store, search, seconds)
}

async function countSome({ pool }: Reading, search: Search, seconds: number): Promise<Found> {
  const values = placeholders()
  const { rows } = await pool.query<Counted & { all: string; oldest: Date }>(
    `WITH found AS MATERIALIZED (SELECT at, action FROM (${newest(values, search, [], MOST + 1)}) l)
     SELECT ${bucketOf('at', seconds)} AS bucket, action, count(*) AS count,
            (SELECT count(*) FROM found) AS all, (SELECT min(at) FROM found) AS oldest
       FROM found GROUP BY 1, 2`,
    values.list,
  )
  const [first] = rows
  const all = Number(first?.all ?? 0)
  if (!first || all <= MOST) return counted(rows)
  const about = await estimate(pool, search)
  const count: Count = about > MOST ? { is: 'about', count: about } : { is: 'atLeast', count: all }
  return { rows, count, completeFrom: first.oldest }
}

/** What the planner expects to find: it knows how often each person and address occurs. */
async function estimate(pool: Reading['pool'], search: Search): Promise<number> {
  const values = placeholders()
  const where = allOf(conditions(values, search))
  const { rows } = await pool.query<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>(
    `EXPLAIN (FORMAT json) SELECT FROM audit.log l WHERE ${where}`,
    values.list,
  )
  return rows[0]!['QUERY PLAN'][0].Plan['Plan Rows']
}

/** All buckets of the range, with what was counted. A clock that ran ahead is no reason to lose an event. */
function fill(from: Date, to: Date, seconds: number, rows: Counted[]): Bucket[] {
  const first = bucketStart(from, seconds).getTime()
  const length = seconds * 1000
  const buckets: Bucket[] = []
  for (let at = first; at < to.getTime(); at += length)
    buckets.push({
      at: new Date(Math.max(at, from.getTime())),
      done: 0,
      refused: 0,
      failed: 0,
      unknown: 0,
    })
  for (const { bucket, action, count } of rows) {
    const index = Math.floor((bucket.getTime() - first) / length)
    const place = buckets[Math.min(Math.max(index, 0), buckets.length - 1)]
    if (place) place[outcomeOf(action) ?? 'unknown'] += Number(count)
  }
  return buckets
}
