import type pg from 'pg'
import type { SealedEvent } from '../core/audit/ocsf.ts'

/**
 * The sealed events from `from` on, below `to`, at most `limit`, in the order of the log.
 * An event that was pruned has no place among them; `next` is where to go on.
 */
export async function sealedEvents(
  pool: pg.Pool,
  { from, to, limit }: { from: number; to: number; limit: number },
): Promise<{ events: SealedEvent[]; next: number }> {
  const { rows } = await pool.query<Row>({
    name: 'sealed_events',
    text: READ,
    values: [from, Math.min(to, from + limit)],
  })
  return {
    events: rows.flatMap((row) => (row.id === null ? [] : [sealedEvent(row)])),
    next: Math.min(to, from + limit),
  }
}

/** The newest signed checkpoint. */
export async function newestCheckpoint(pool: pg.Pool) {
  const { rows } = await pool.query<{ size: string; root: Buffer; note: string }>(
    'SELECT size, root, note FROM audit.checkpoint ORDER BY size DESC LIMIT 1',
  )
  return rows[0] && { ...rows[0], size: Number(rows[0].size) }
}

/** The key of an event is id and time, and says which partition holds it. */
const READ = `SELECT s.seq, e.id, (extract(epoch FROM e.at) * 1000000)::bigint::text AS at, e.v, e.action, e.actor, e.subject,
       e.request_id, e.intent_id, e.address, e.payload, p.name, p.email
  FROM audit.seal s
  LEFT JOIN LATERAL (SELECT * FROM audit.log l WHERE l.id = s.event_id AND l.at = s.event_at) e ON true
  LEFT JOIN person p ON p.id = CASE WHEN e.actor ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN e.actor::uuid END
 WHERE s.seq >= $1 AND s.seq < $2 ORDER BY s.seq`

type Row = {
  seq: string
  id: string
  at: string
  v: number
  action: string
  actor: string
  subject: string | null
  request_id: string
  intent_id: string | null
  address: string | null
  payload: string
  name: string | null
  email: string | null
}

const sealedEvent = (row: Row): SealedEvent => ({
  seq: Number(row.seq),
  entry: {
    id: row.id,
    at: row.at,
    v: row.v,
    action: row.action,
    actor: row.actor,
    subject: row.subject,
    request: row.request_id,
    intent: row.intent_id,
    address: row.address,
    payload: row.payload,
  },
  person: row.name === null && row.email === null ? null : { name: row.name, email: row.email },
})
