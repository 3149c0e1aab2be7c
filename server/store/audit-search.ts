import type { Cursor } from '../core/audit/cursor.ts'
import type { StoredEvent } from '../core/audit/event.ts'
import { type Bucket, bucketSeconds, bucketStart } from '../core/audit/histogram.ts'
import { outcomeOf } from '../core/audit/outcome.ts'
import type { AuditReads, LogPage, People } from '../core/audit/read-log.ts'
import { actionsOf, type Search } from '../core/audit/search.ts'
import { guarded } from './failure.ts'
import type { Store } from './store.ts'

export function auditReads(store: Store): AuditReads {
  const { pool } = store
  const page = (search: Search, after: Cursor | null, limit: number): Promise<LogPage> =>
    guarded(async () => {
      const values = placeholders()
      const where = conditions(values, search)
      if (after)
        where.push(
          `(l.at, l.id) < (${values.add(instantText(after.at))}::timestamptz, ${values.add(after.id.toString())}::bigint)`,
        )
      const [{ rows: moments }, { rows }] = await Promise.all([
        pool.query<{ now: Date; snapshot: string; micros: string }>(
          `SELECT now, pg_current_snapshot()::text AS snapshot, ${MICROS('now')} AS micros FROM clock_timestamp() AS now`,
        ),
        pool.query<LogRow>(
          `SELECT ${COLUMNS} FROM audit.log l WHERE ${where.join(' AND ') || 'true'}
            ORDER BY l.at DESC, l.id DESC LIMIT ${values.add(limit + 1)}`,
          values.list,
        ),
      ])
      const { now, snapshot, micros } = moments[0]!
      const shown = rows.slice(0, limit)
      const last = shown.at(-1)
      const events = shown.map(storedEvent)
      return {
        now,
        events,
        next:
          rows.length > limit && last
            ? {
                snapshot: after?.snapshot ?? snapshot,
                asOf: after?.asOf ?? BigInt(micros),
                at: BigInt(last.micros),
                id: BigInt(last.id),
              }
            : null,
        people: await namesOf(store, events),
      }
    })

  return {
    page,
    own: (personId, after, limit) => page({ person: personId }, after, limit),
    histogram: (search) =>
      guarded(async () => {
        const values = placeholders()
        const where = conditions(values, search)
        const { rows } = await pool.query<{ at: Date; action: string }>(
          `SELECT at, action FROM audit.log l WHERE ${where.join(' AND ') || 'true'}
            ORDER BY at DESC, id DESC LIMIT ${CAP + 1}`,
          values.list,
        )
        const now = await store.now()
        const counted = rows.slice(0, CAP)
        const capped = rows.length > CAP
        const to = search.to ?? now
        const from = search.from ?? counted.at(-1)?.at ?? to
        const seconds = bucketSeconds(from, to)
        const buckets: Bucket[] = []
        for (
          let at = bucketStart(from, seconds);
          at < to;
          at = new Date(at.getTime() + seconds * 1000)
        )
          buckets.push({ at: at < from ? from : at, done: 0, refused: 0, failed: 0, unknown: 0 })
        const first = bucketStart(from, seconds).getTime()
        for (const { at, action } of counted) {
          const bucket = buckets[Math.floor((at.getTime() - first) / seconds / 1000)]
          const outcome = outcomeOf(action) ?? 'unknown'
          if (bucket) bucket[outcome] += 1
        }
        return {
          now,
          range: buckets.length > 0 ? { from, to } : null,
          seconds,
          buckets,
          count: { is: capped ? 'atLeast' : 'exact', count: counted.length },
          completeFrom: capped ? counted.at(-1)!.at : null,
        }
      }),
    story: (id) =>
      guarded(async () => {
        const found = await pool.query<LogRow>(
          `SELECT ${COLUMNS} FROM audit.log l WHERE l.id = $1::bigint`,
          [id],
        )
        const row = found.rows[0]
        if (!row) return null
        const event = storedEvent(row)
        const ids = (name: string, rows: LogRow[]) => [
          ...new Set(rows.flatMap(({ payload_j }) => textOf(payload_j[name]) ?? [])),
        ]
        const { rows: links } = await pool.query<LogRow>(
          `SELECT ${COLUMNS} FROM audit.log l WHERE l.action = 'grant.started'
              AND (l.payload_j->>'request' = $1 OR l.payload_j->>'grant' = $2) LIMIT 100`,
          [textOf(event.detail['request']), textOf(event.detail['grant'])],
        )
        const requests = ids('request', [row, ...links])
        const grants = ids('grant', [row, ...links])
        const { rows } = await pool.query<LogRow>(
          `SELECT ${COLUMNS} FROM audit.log l
            WHERE l.payload_j->>'request' = ANY($1) OR l.payload_j->>'grant' = ANY($2) OR l.request_id = $3
            ORDER BY l.at, l.id LIMIT ${STORY + 1}`,
          [requests, grants, event.requestId],
        )
        const events = rows.slice(0, STORY).map(storedEvent)
        if (!events.some((each) => each.id === event.id)) events.push(event)
        return {
          now: await store.now(),
          event,
          events,
          more: rows.length > STORY,
          requests,
          grants,
          people: await namesOf(store, events),
        }
      }),
    choices: () =>
      guarded(async () => {
        const { rows } = await pool.query<{ databases: string[]; teams: string[] }>(
          `SELECT coalesce(array_agg(DISTINCT payload_j->>'database') FILTER (WHERE payload_j ? 'database'), '{}') AS databases,
                  coalesce(array_agg(DISTINCT payload_j->>'team') FILTER (WHERE payload_j ? 'team'), '{}') AS teams
             FROM audit.log`,
        )
        return rows[0]!
      }),
    people: (text) =>
      guarded(async () => {
        const { rows } = await pool.query<{
          id: string
          name: string | null
          email: string | null
        }>(
          `SELECT id, name, email FROM person WHERE name ILIKE $1 OR email ILIKE $1
            ORDER BY coalesce(name, email), id LIMIT 20`,
          [`%${text.replace(/[\\%_]/g, (sign) => `\\${sign}`)}%`],
        )
        return rows
      }),
  }
}

const CAP = 50_000
const STORY = 500

/** The values of a statement, each with the name that it has there. */
const placeholders = () => {
  const list: unknown[] = []
  return { list, add: (value: unknown) => `$${list.push(value)}` }
}
type Values = ReturnType<typeof placeholders>

function conditions(values: Values, search: Search): string[] {
  const where: string[] = []
  const { person, database, team, request, text, address, from, to } = search
  if (person !== undefined) {
    const whom = values.add(person)
    where.push(`(l.actor = ${whom} OR l.payload_j->>'person' = ${whom})`)
  }
  const actions = actionsOf(search)
  if (actions) where.push(`l.action = ANY(${values.add(actions)}::text[])`)
  if (database !== undefined) where.push(`l.payload_j->>'database' = ${values.add(database)}`)
  if (team !== undefined) where.push(`l.payload_j->>'team' = ${values.add(team)}`)
  if (request !== undefined) where.push(`l.payload_j->>'request' = ${values.add(request)}`)
  for (const word of text?.match(/[\p{L}\p{N}]+/gu) ?? [])
    where.push(
      `concat_ws(' ', l.payload_j->>'reason', l.payload_j->>'comment') ILIKE ${values.add(`%${word}%`)}`,
    )
  if (address !== undefined) where.push(`l.address = ${values.add(address.toLowerCase())}`)
  if (from) where.push(`l.at >= ${values.add(from)}`)
  if (to) where.push(`l.at < ${values.add(to)}`)
  return where
}

const MICROS = (at: string) => `(extract(epoch FROM ${at}) * 1000000)::bigint::text`

const COLUMNS = `l.id, l.at, ${MICROS('l.at')} AS micros, NULL::bigint AS seq, l.action, l.actor, l.subject, l.request_id,
  l.intent_id, l.address, l.payload_j`

type LogRow = {
  id: string
  at: Date
  micros: string
  seq: string | null
  action: string
  actor: string
  subject: string | null
  request_id: string
  intent_id: string | null
  address: string | null
  payload_j: Record<string, unknown>
}

const storedEvent = (row: LogRow): StoredEvent => ({
  id: row.id,
  at: row.at,
  seq: row.seq === null ? null : Number(row.seq),
  action: row.action,
  actor: row.actor,
  subject: row.subject,
  requestId: row.request_id,
  intentId: row.intent_id,
  address: row.address,
  detail: row.payload_j,
})

const textOf = (value: unknown) => (typeof value === 'string' ? value : null)

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/

/** The names of all people who occur in these events. */
async function namesOf({ pool }: Store, events: StoredEvent[]): Promise<People> {
  const ids = new Set(
    events.flatMap(({ actor, detail: { person, by } }) => [actor, person, by].flat().filter(isId)),
  )
  if (ids.size === 0) return {}
  const { rows } = await pool.query<{ id: string; name: string }>(
    `SELECT id, coalesce(name, email) AS name FROM person WHERE id = ANY($1::uuid[]) AND coalesce(name, email) IS NOT NULL`,
    [[...ids]],
  )
  return Object.fromEntries(rows.map(({ id, name }) => [id, name]))
}

const isId = (value: unknown): value is string => typeof value === 'string' && UUID.test(value)

/** Microseconds since 1970 as text that PostgreSQL reads without losing any. */
function instantText(micros: bigint): string {
  const seconds = new Date(Number(micros / 1_000_000n) * 1000).toISOString().slice(0, 19)
  return `${seconds}.${(micros % 1_000_000n).toString().padStart(6, '0')}Z`
}
