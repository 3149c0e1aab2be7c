import type pg from 'pg'

/** Reading a month of ten million events takes a while; nobody waits for it. Milliseconds. */
const PATIENCE = 600_000

/**
 * Drops the months of the log that are older than `days` and may go; the database decides which (`audit.prune`).
 * `places` are the anchors that must have a checkpoint above them. Returns the partitions' names.
 */
export async function pruneLog(
  pool: pg.Pool,
  { days, places }: { days: number; places: readonly string[] },
): Promise<string[]> {
  const dropped: string[] = []
  for (;;) {
    const name = await pruneOne(pool, days, places)
    if (name === null) return dropped
    dropped.push(name)
  }
}

/** A transaction for each month: the lock that dropping needs is held for moments, and waited for no longer than any other. */
async function pruneOne(pool: pg.Pool, days: number, places: readonly string[]) {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await client.query('BEGIN')
    await client.query(`SET LOCAL statement_timeout = ${PATIENCE}`)
    const prune: pg.QueryConfig & { query_timeout: number } = {
      text: 'SELECT audit.prune(make_interval(days => $1), $2::text[]) AS name',
      values: [days, places],
      query_timeout: PATIENCE,
    }
    const { rows } = await client.query<{ name: string | null }>(prune)
    await client.query('COMMIT')
    return rows[0]?.name ?? null
  } catch (error) {
    await client.query('ROLLBACK').catch((failed: Error) => (broken = failed))
    throw error
  } finally {
    client.release(broken)
  }
}
