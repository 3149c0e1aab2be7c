import type pg from 'pg'
import type { Entry } from '../core/audit/entry.ts'
import type { ExportPlace, ExportSource, SealedEvent } from '../core/audit/export-ports.ts'
import type { KeyRotation } from '../core/audit/rotation.ts'
import { conditions, placeholders, type Values } from './audit-conditions.ts'
import { instantText, micros, namesOfPeople } from './audit-rows.ts'
import { guarded } from './failure.ts'
import { hashReader } from './hash-reader.ts'

/**
 * The sealed log, for exports. Each page is a statement of its own: a transaction as long as an export would keep the
 * database from tidying up behind it. `pool` allows the time that a page of rare events takes among millions.
 */
export function exportSource(pool: pg.Pool): ExportSource {
  return {
    ...hashReader(pool),
    newest: () =>
      guarded(async () => {
        const { rows } = await pool.query<{
          size: string
          origin: string
          key: string
          note: string
        }>(
          `SELECT c.size, s.origin, k.public_key AS key, c.note
             FROM audit.checkpoint c CROSS JOIN audit.sealer_state s
             JOIN LATERAL (SELECT public_key FROM audit.signing_key WHERE from_size <= c.size
                            ORDER BY from_size DESC LIMIT 1) k ON true
            ORDER BY c.size DESC LIMIT 1`,
        )
        const newest = rows[0]
        if (!newest) return null
        // Those in months that were dropped are told of by the event that says so.
        const { rows: changes } = await pool.query<{ change: KeyRotation }>(
          `SELECT change FROM (
             SELECT s.seq, l.payload_j AS change FROM audit.log l JOIN audit.seal s ON s.event_id = l.id WHERE l.action = 'key.rotated'
             UNION ALL SELECT (r->>'seq')::bigint, r FROM audit.log l, jsonb_array_elements(l.payload_j->'rotations') AS r
              WHERE l.action = 'audit.pruned') c ORDER BY seq`,
        )
        // Only what verifiers look at: the order of keys in jsonb is not ours.
        const rotations = changes.map(({ change: { from, to, note } }) => ({ from, to, note }))
        return { ...newest, size: Number(newest.size), rotations }
      }),

    page: (search, size, after, limit) =>
      guarded(async () => {
        const values = placeholders()
        const where = [`s.seq < ${values.add(size)}`, ...conditions(values, search)]
        if (after) where.push(...newerThan(values, after))
        const { rows } = await pool.query<Entry & { seq: string }>(
          `SELECT s.seq, ${ENTRY} FROM audit.log l JOIN audit.seal s ON s.event_id = l.id
            WHERE ${where.join(' AND ')} ORDER BY l.at, l.id LIMIT ${values.add(limit)}`,
          values.list,
        )
        return rows.map(sealedEvent)
      }),

    names: (ids) => guarded(() => namesOfPeople(pool, ids)),
  }
}

const ENTRY = `l.id::text AS id, ${micros('l.at')} AS at, l.v, l.action, l.actor,
  l.subject, l.request_id AS request, l.intent_id AS intent, l.address, l.payload`

const sealedEvent = ({ seq, ...entry }: Entry & { seq: string }): SealedEvent => ({
  seq: Number(seq),
  entry,
})

/** The time is said twice: partitions are chosen by it alone. */
function newerThan(values: Values, { at, id }: ExportPlace): string[] {
  const time = `${values.add(instantText(BigInt(at)))}::timestamptz`
  return [`l.at >= ${time}`, `(l.at, l.id) > (${time}, ${values.add(id)}::bigint)`]
}
