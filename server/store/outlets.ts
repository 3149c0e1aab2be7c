import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import type { AuditEvent } from '../core/audit/event.ts'
import type { Outlets, OutletStatus } from '../core/audit/outlet.ts'
import { insertEvent } from './audit.ts'

/** Outlets as this portal serves them, by connections of `latchkey_sealer`. `holder` tells this portal from the others. */
export const outlets = (pool: pg.Pool, holder: string = randomUUID()): Outlets => ({
  open: async (name, from) =>
    void (await pool.query(
      `INSERT INTO audit.outlet (name, size)
       SELECT $1, CASE $2 WHEN 'now' THEN size ELSE 0 END FROM audit.sealer_state ON CONFLICT DO NOTHING`,
      [name, from],
    )),

  take: async (name, lease, hurry = false) => {
    const { rows } = await pool.query<{ size: string; sealed: string; failures: number }>({
      name: 'outlet_take',
      text: TAKE,
      values: [name, holder, lease, hurry],
    })
    const [row] = rows
    return row
      ? { size: Number(row.size), sealed: Number(row.sealed), failures: row.failures }
      : null
  },

  arrived: (name, { size, ref }, wait) =>
    transaction(pool, async (client) => {
      const was = await lock(client, name, holder)
      if (!was) return false
      const [kind = '', place = ''] = name.split(':')
      if (kind === 'anchor')
        await client.query(
          'INSERT INTO audit.anchor (size, place, ref) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
          [size, place, ref ?? ''],
        )
      await client.query(
        `UPDATE audit.outlet SET size = $2, at = clock_timestamp(), failures = 0, failing_since = NULL, error = NULL,
                due_at = clock_timestamp() + make_interval(secs => $3) WHERE name = $1`,
        [name, size, wait],
      )
      const { failures: attempts, seconds } = was
      if (attempts > 0)
        await record(
          client,
          kind === 'anchor'
            ? {
                action: 'anchor.recovered',
                detail: { place, from: was.size, to: size, attempts, seconds },
              }
            : {
                action: 'stream.recovered',
                detail: { stream: place, size: was.size, attempts, seconds },
              },
        )
      return true
    }),

  failed: (name, code, wait) =>
    transaction(pool, async (client) => {
      const was = await lock(client, name, holder)
      if (!was) return
      await client.query(
        `UPDATE audit.outlet SET failures = failures + 1, failing_since = coalesce(failing_since, clock_timestamp()),
                error = $2, due_at = clock_timestamp() + make_interval(secs => $3) WHERE name = $1`,
        [name, code, wait],
      )
      if (was.failures > 0) return
      const [kind, place = ''] = name.split(':')
      const { size } = was
      await record(
        client,
        kind === 'anchor'
          ? { action: 'anchor.failed', detail: { place, code, size } }
          : { action: 'stream.failed', detail: { stream: place, code, size } },
      )
    }),

  release: async () =>
    void (await pool.query(
      'UPDATE audit.outlet SET holder = NULL, held_until = NULL WHERE holder = $1',
      [holder],
    )),

  status: () => outletStatus(pool),
})

/** How each outlet stands that was ever served, by whichever role may read it. */
export async function outletStatus(pool: pg.Pool): Promise<OutletStatus[]> {
  const { rows } = await pool.query<StatusRow>(
    `SELECT o.name, o.size, o.at, greatest(s.size - o.size, 0) AS behind, o.failures, o.failing_since, o.error, o.due_at
       FROM audit.outlet o, audit.sealer_state s ORDER BY o.name`,
  )
  return rows.map((row) => ({
    name: row.name,
    size: Number(row.size),
    at: row.at,
    behind: Number(row.behind),
    failing: row.failing_since && {
      since: row.failing_since,
      attempts: row.failures,
      error: row.error ?? '',
      nextAt: row.due_at,
    },
  }))
}

type StatusRow = {
  name: string
  size: string
  at: Date | null
  behind: string
  failures: number
  failing_since: Date | null
  error: string | null
  due_at: Date
}

/** Writes nothing where there is nothing to do: it is asked every second. */
const TAKE = `UPDATE audit.outlet o SET holder = $2::uuid, held_until = clock_timestamp() + make_interval(secs => $3)
    FROM audit.sealer_state s
   WHERE o.name = $1 AND o.size < s.size AND ($4 OR o.due_at <= clock_timestamp())
     AND (o.holder IS NULL OR o.holder = $2::uuid OR o.held_until < clock_timestamp())
  RETURNING o.size, s.size AS sealed, o.failures`

/** Null where another portal has the turn by now: what it keeps is not ours to change. */
async function lock(client: pg.PoolClient, name: string, holder: string) {
  const { rows } = await client.query<{ size: string; failures: number; seconds: number }>(
    `SELECT size, failures, coalesce(extract(epoch FROM clock_timestamp() - failing_since), 0)::int AS seconds
       FROM audit.outlet WHERE name = $1 AND holder = $2::uuid FOR UPDATE`,
    [name, holder],
  )
  return rows[0] && { ...rows[0], size: Number(rows[0].size) }
}

type Said = Pick<
  AuditEvent<'anchor.failed' | 'anchor.recovered' | 'stream.failed' | 'stream.recovered'>,
  'action' | 'detail'
>

const record = (client: pg.PoolClient, said: Said) =>
  insertEvent((sql, values) => client.query(sql, values), {
    ...said,
    actor: 'portal',
    subject: null,
    requestId: randomUUID(),
  } as AuditEvent)

async function transaction<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await client.query('BEGIN')
    const result = await work(client)
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client.query('ROLLBACK').catch((failed: Error) => (broken = failed))
    throw error
  } finally {
    // A connection that could not even roll back is thrown away.
    client.release(broken)
  }
}
