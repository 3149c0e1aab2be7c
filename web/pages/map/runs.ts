import type { MapPage } from '../../../server/contract/access-map.ts'

export type Row = MapPage['rows'][number]
export type Run = { key: string; rows: Row[] }

/** Rows that follow one another and are of one person, or of one database. */
export function runsOf(rows: readonly Row[], side: 'person' | 'database'): Run[] {
  const runs: Run[] = []
  for (const row of rows) {
    const key = side === 'person' ? row.person.id : row.database
    const last = runs.at(-1)
    if (last?.key === key) last.rows.push(row)
    else runs.push({ key, rows: [row] })
  }
  return runs
}
