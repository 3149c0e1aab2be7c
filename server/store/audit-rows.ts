import type pg from 'pg'
import type { StoredEvent } from '../core/audit/event.ts'
import type { People } from '../core/audit/read-log.ts'
import type { Store } from './store.ts'

/** What the log is read through: `openAuditPool`, or any other. */
export type Reading = Pick<Store, 'pool'>

/** Microseconds since 1970: a time that came by way of JavaScript has lost some. */
export const micros = (at: string) => `(extract(epoch FROM ${at}) * 1000000)::bigint::text`

/** Of `l`, a row of audit.log, and `s`, its seal. */
export const COLUMNS = `l.id, l.at, ${micros('l.at')} AS micros, s.seq, l.action, l.actor, l.subject, l.request_id, l.intent_id,
  l.address, l.payload_j`

export type LogRow = {
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

export const storedEvent = (row: LogRow): StoredEvent => ({
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

/** Microseconds since 1970 as text that PostgreSQL reads without losing any. */
export function instantText(micros: bigint): string {
  const seconds = new Date(Number(micros / 1_000_000n) * 1000).toISOString().slice(0, 19)
  return `${seconds}.${(micros % 1_000_000n).toString().padStart(6, '0')}Z`
}

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/
const isId = (value: unknown): value is string => typeof value === 'string' && UUID.test(value)

/** The names of all people who occur in these events. */
export const namesOf = ({ pool }: Reading, events: readonly StoredEvent[]): Promise<People> =>
  namesOfPeople(
    pool,
    events.flatMap(({ actor, detail: { person, by } }) => [actor, person, by].flat().filter(isId)),
  )

/** Names by ids, of those whom the portal knows. */
export async function namesOfPeople(pool: pg.Pool, ids: readonly string[]): Promise<People> {
  if (ids.length === 0) return {}
  const { rows } = await pool.query<{ id: string; name: string }>(
    `SELECT id, coalesce(name, email) AS name FROM person
      WHERE id = ANY($1::uuid[]) AND coalesce(name, email) IS NOT NULL`,
    [[...new Set(ids)]],
  )
  return Object.fromEntries(rows.map(({ id, name }) => [id, name]))
}
