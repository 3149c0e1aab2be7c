import type { People } from '../core/audit/read-log.ts'
import type { Story } from '../core/audit/story.ts'
import { COLUMNS, type LogRow, namesOf, storedEvent, type Reading } from './audit-rows.ts'

/** Of each kind: what belongs to a request, and its tokens. */
const MOST = 500

/**
 * One event with all that belongs to it: what has the same access request or grant, the tokens of those grants, and what
 * came of the same HTTP request. The log alone is asked, so the story is what the log proves.
 */
export async function readStory(
  db: Reading,
  id: string,
): Promise<(Story & { now: Date; people: People }) | null> {
  const { pool } = db
  // Fetched, then sorted: what is in the order of the list already is the whole log, and would be read to its end.
  const select = async (where: string, values: unknown[]) => {
    const { rows } = await pool.query<LogRow>(
      `SELECT ${COLUMNS} FROM (
         SELECT * FROM (SELECT l.* FROM audit.log l WHERE ${where} OFFSET 0) l
          ORDER BY l.at DESC, l.id DESC LIMIT ${MOST + 1}) l
         LEFT JOIN audit.seal s ON s.event_id = l.id ORDER BY l.at DESC, l.id DESC`,
      values,
    )
    return rows
  }
  const [row] = await select('l.id = $1::bigint', [id])
  if (!row) return null

  // A grant names its request where it starts, and a request the grants that it led to: once around finds both.
  let found = [row]
  if (field(row, 'grant') && !field(row, 'request'))
    found = [...found, ...(await select(`${OF_GRANT} = ANY($1::text[])`, [fields(found, 'grant')]))]
  if (fields(found, 'request').length > 0)
    found = [
      ...found,
      ...(await select(`l.payload_j->>'request' = ANY($1::text[])`, [fields(found, 'request')])),
    ]
  const requests = fields(found, 'request')
  const grants = fields(found, 'grant')
  const [ofGrants, ofRequest, ...tokens] = await Promise.all([
    grants.length > 0 ? select(`${OF_GRANT} = ANY($1::text[])`, [grants]) : [],
    select(
      `l.request_id = $1 AND l.at BETWEEN $2::timestamptz - interval '20 seconds' AND $2::timestamptz + interval '20 seconds'`,
      [row.request_id, row.at],
    ),
    ...windowsOf(found).map((window) => select(TOKENS, window)),
  ])
  const clock = await pool.query<{ now: Date }>('SELECT clock_timestamp() AS now')
  const parts = [found, ofGrants, ofRequest, ...tokens]
  const rows = new Map(parts.flat().map((each) => [each.id, each]))
  const events = [...rows.values()].sort(inOrder).map(storedEvent)
  return {
    now: clock.rows[0]!.now,
    event: storedEvent(row),
    events,
    more: parts.some((part) => part.length > MOST),
    requests,
    grants,
    people: await namesOf(db, events),
  }
}

/** In the words of its index. */
const OF_GRANT = `l.action NOT IN ('token.intent', 'token.issued', 'token.failed', 'token.unknown') AND l.payload_j->>'grant'`

/** There are so many of them that no index names their grant; those of one person in one window are few. */
const TOKENS = `l.action IN ('token.intent', 'token.issued', 'token.failed', 'token.unknown') AND l.payload_j->>'grant' = $1
  AND (l.actor = $2 OR l.payload_j->>'person' = $2) AND l.at BETWEEN $3::timestamptz AND $4::timestamptz + interval '10 minutes'`

/** Of each grant that started: its id, whose it is, and from when until when there may be tokens of it. */
function windowsOf(rows: LogRow[]): [string, string, Date, string][] {
  return rows
    .filter(({ action }) => action === 'grant.started')
    .map((row) => [
      field(row, 'grant') ?? '',
      field(row, 'person') ?? row.actor,
      row.at,
      field(row, 'endsAt') ?? row.at.toISOString(),
    ])
}

const inOrder = (a: LogRow, b: LogRow) => {
  const [x, y] = a.micros === b.micros ? [a.id, b.id] : [a.micros, b.micros]
  return BigInt(x) < BigInt(y) ? -1 : 1
}

function field({ payload_j }: LogRow, name: string): string | null {
  const value = payload_j[name]
  return typeof value === 'string' ? value : null
}

const fields = (rows: LogRow[], name: string) => [
  ...new Set(rows.flatMap((row) => field(row, name) ?? [])),
]
