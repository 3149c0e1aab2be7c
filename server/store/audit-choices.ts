/** Names that somebody made up are refused and recorded: there may be many. */
const MOST = 1_000
import type { Reading } from './audit-rows.ts'

/** The values of a field that occur in the log, by name: from one to the next in its index, not by reading all events. */
export async function valuesOf({ pool }: Reading, field: 'database' | 'team'): Promise<string[]> {
  const value = `l.payload_j->>'${field}'`
  const next = (after: string) =>
    `SELECT ${value} AS value FROM audit.log l WHERE ${value} IS NOT NULL${after} ORDER BY ${value} LIMIT 1`
  const { rows } = await pool.query<{ value: string }>(
    `WITH RECURSIVE found AS (
       (${next('')}) UNION ALL SELECT n.value FROM found f, LATERAL (${next(` AND ${value} > f.value`)}) n)
     SELECT value FROM found LIMIT ${MOST}`,
  )
  return rows.map((row) => row.value)
}
