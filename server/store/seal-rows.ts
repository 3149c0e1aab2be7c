import type pg from 'pg'
import type { Entry } from '../core/audit/entry.ts'
import type { SigningKey } from '../core/audit/seal-keys.ts'

/** Where sealing stands. `horizon`: every transaction below it is over, so nothing can appear there any more. */
export type SealerState = {
  origin: string | null
  watermark: bigint
  horizon: bigint
  size: number
  hashes: Buffer[]
}

/** An event as it will be sealed. `eventAt` is its time as PostgreSQL writes it, with microseconds. */
export type Unsealed = { entry: Entry; xid: bigint; eventAt: string }

type Queryable = pg.Pool | pg.ClientBase

/** The columns of an entry, exactly as they are hashed. Of `audit.event e`. */
export const ENTRY_COLUMNS = `e.id::text AS id, (extract(epoch FROM e.at) * 1000000)::bigint::text AS at, e.v, e.action, e.actor,
  e.subject, e.request_id AS request, e.intent_id::text AS intent, e.address, e.payload`

export async function readState(db: Queryable, lock: boolean): Promise<SealerState> {
  const { rows } = await db.query<{
    origin: string | null
    watermark: string
    horizon: string
    size: string
    hashes: Buffer[]
  }>({
    name: lock ? 'sealer_state_locked' : 'sealer_state',
    text: `SELECT origin, watermark::text, pg_snapshot_xmin(pg_current_snapshot())::text AS horizon, size, hashes
             FROM audit.sealer_state ${lock ? 'FOR UPDATE' : ''}`,
  })
  const row = rows[0]
  if (!row) throw new Error('audit.sealer_state is empty')
  const { origin, hashes } = row
  const [watermark, horizon] = [BigInt(row.watermark), BigInt(row.horizon)]
  return { origin, watermark, horizon, size: Number(row.size), hashes }
}

export async function readKeys(db: Queryable): Promise<SigningKey[]> {
  const { rows } = await db.query<{ id: string; public_key: string; from_size: string }>(
    'SELECT id, public_key, from_size FROM audit.signing_key ORDER BY from_size',
  )
  return rows.map((row) => ({ id: row.id, key: row.public_key, fromSize: Number(row.from_size) }))
}

export async function isAnythingNew(db: Queryable, state: SealerState): Promise<boolean> {
  const { rows } = await db.query<{ found: boolean }>({
    name: 'sealer_new',
    text: 'SELECT EXISTS (SELECT FROM audit.event WHERE xid >= $1::xid8 AND xid < $2::xid8) AS found',
    values: [state.watermark.toString(), state.horizon.toString()],
  })
  return rows[0]!.found
}

/** Also of those whose time has not come: a transaction is open from before them. */
export async function isAnyWaiting(db: Queryable): Promise<boolean> {
  const { rows } = await db.query<{ found: boolean }>(
    `SELECT EXISTS (SELECT FROM audit.event
                     WHERE xid >= (SELECT watermark FROM audit.sealer_state)) AS found`,
  )
  return rows[0]!.found
}

/**
 * The next batch in the order of the log, and the watermark behind it.
 * About `limit` events, but never a part of a transaction: the watermark is a transaction, and what it covers is sealed.
 */
export async function readBatch(
  db: Queryable,
  { watermark, horizon }: Pick<SealerState, 'watermark' | 'horizon'>,
  limit: number,
): Promise<{ events: Unsealed[]; watermark: bigint }> {
  // One more than the limit tells whether there is more, and the transaction at which to cut.
  const first = await readEvents(db, watermark, horizon, limit + 1)
  if (first.length <= limit) return { events: first.sort(byId), watermark: horizon }
  const cut = first.at(-1)!.xid
  const events = first.filter(({ xid }) => xid < cut)
  if (events.length > 0) return { events: events.sort(byId), watermark: cut }
  // One transaction alone is larger than a batch.
  const whole = await readEvents(db, cut, cut + 1n, null)
  return { events: whole.sort(byId), watermark: cut + 1n }
}

/** What is sealed already is passed over: in a restored database the numbers of transactions begin again. */
async function readEvents(db: Queryable, from: bigint, to: bigint, limit: number | null) {
  const { rows } = await db.query<Entry & { xid: string; event_at: string }>({
    name: 'sealer_events',
    text: `SELECT ${ENTRY_COLUMNS}, e.xid::text AS xid, e.at::text AS event_at
             FROM audit.event e WHERE e.xid >= $1::xid8 AND e.xid < $2::xid8
              AND NOT EXISTS (SELECT FROM audit.seal s WHERE s.event_id = e.id)
            ORDER BY e.xid LIMIT $3`,
    values: [from.toString(), to.toString(), limit],
  })
  return rows.map(({ xid, event_at, ...entry }): Unsealed => ({
    entry,
    xid: BigInt(xid),
    eventAt: event_at,
  }))
}

const byId = (a: Unsealed, b: Unsealed) => Number(BigInt(a.entry.id) - BigInt(b.entry.id))
