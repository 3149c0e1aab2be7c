import canonicalize from 'canonicalize'
import type { AuditActor, AuditEvent } from '../core/audit/event.ts'

/** Anything that runs one statement: the pool, a client inside a transaction, Prisma's transaction. */
export type Execute = (sql: string, values: unknown[]) => Promise<unknown>

/** No `RETURNING`: the portal may write the log but not see the table. */
export const INSERT_EVENT = `INSERT INTO audit.event (action, actor, subject, request_id, intent_id, address, payload)`

export const eventValues = (event: AuditEvent): unknown[] => [
  event.action,
  actorText(event.actor),
  event.subject === null ? null : storable(event.subject),
  storable(event.requestId),
  event.intentId ?? null,
  event.address ?? null,
  payloadOf(event),
]

/** Writes one event with the transaction that `execute` belongs to. */
export const insertEvent = (execute: Execute, event: AuditEvent) =>
  execute(`${INSERT_EVENT} VALUES ($1, $2, $3, $4, $5::uuid, $6, $7)`, eventValues(event))

/** Writes many events in one statement. */
export async function insertEvents(execute: Execute, events: AuditEvent[]): Promise<void> {
  const rows = events.map(eventValues)
  const columns = [0, 1, 2, 3, 4, 5, 6].map((column) => rows.map((row) => row[column]))
  await execute(
    `${INSERT_EVENT} SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::text[], $7::text[])`,
    columns,
  )
}

function actorText(actor: AuditActor): string {
  return typeof actor === 'string' ? actor : actor.person
}

/** The package's types describe a default export that its CommonJS build does not have. */
const canonical = canonicalize as unknown as (value: unknown) => string | undefined

/** RFC 8785 text, cleaned of what PostgreSQL cannot store: a hostile header must not be able to stop an event. */
export function payloadOf(event: AuditEvent): string {
  const text = canonical(clean(event.detail))
  if (text === undefined) throw new TypeError('an event has no detail')
  return text
}

/** Every text in a detail, made storable. Details hold plain objects, lists, texts, numbers, booleans and null. */
function clean(value: unknown): unknown {
  if (typeof value === 'string') return storable(value)
  if (Array.isArray(value)) return value.map(clean)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, clean(inner)]))
}

/** jsonb refuses lone surrogates, text refuses NUL. */
export const storable = (text: string) => text.toWellFormed().replaceAll('\u0000', '\ufffd')
