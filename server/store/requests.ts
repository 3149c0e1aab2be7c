import type { Grant, Review } from '../core/access/grant.ts'
import type { AccessStore, RequestsWish, RuleKeys } from '../core/access/ports.ts'
import { FILE_COLUMNS, type FileRow, fileOf, GRANT_COLUMNS } from './access-rows.ts'
import { guarded } from './failure.ts'
import type { Store } from './store.ts'

type Reads = Pick<AccessStore, 'request' | 'requests' | 'countWaiting' | 'grantsFrom' | 'overdue'>

/** What is read of requests, outside any transaction. */
export function requestReads({ pool }: Store): Reads {
  return {
    request: (id) =>
      guarded(async () => {
        const { rows } = await pool.query<FileRow & { now: Date }>(
          `SELECT ${FILE_COLUMNS}, clock_timestamp() AS now
             FROM access_request r JOIN person p ON p.id = r.person_id WHERE r.id = $1`,
          [id],
        )
        const row = rows[0]
        if (!row) return null
        const { now, ...file } = row
        return { ...fileOf(file), now }
      }),

    requests: (wish) =>
      guarded(async () => {
        const { where, values } = conditions(wish)
        const [{ rows }, clock] = await Promise.all([
          pool.query<FileRow>(
            `SELECT ${FILE_COLUMNS} FROM access_request r JOIN person p ON p.id = r.person_id
              WHERE ${where.join(' AND ') || 'true'}
              ORDER BY r.created_at DESC, r.id DESC LIMIT ${values.add(wish.limit)}`,
            values.list,
          ),
          pool.query<{ now: Date }>('SELECT clock_timestamp() AS now'),
        ])
        return { now: clock.rows[0]!.now, files: rows.map(fileOf) }
      }),

    countWaiting: (personId, rules, everyReview) =>
      guarded(async () => {
        const values = placeholders()
        const waiting = waitingFor(values, { personId, rules, everyReview })
        const { rows } = await pool.query<{ count: number }>(
          `SELECT count(*)::int AS count FROM access_request r WHERE ${waiting}`,
          values.list,
        )
        return rows[0]!.count
      }),

    grantsFrom: (requestIds) =>
      guarded(async () => {
        if (requestIds.length === 0) return []
        const { rows } = await pool.query<
          Grant & { review: (Omit<Review, 'at'> & { at: string }) | null; ender: string | null }
        >(
          `SELECT ${GRANT_COLUMNS},
                  (SELECT coalesce(q.name, q.email, '…' || right(q.subject, 8)) FROM person q WHERE q.id = g.ended_by) AS ender,
                  (SELECT jsonb_build_object('by', jsonb_build_object('id', q.id, 'name', coalesce(q.name, q.email)),
                            'comment', e.comment, 'at', e.at)
                     FROM emergency_review e JOIN person q ON q.id = e.person_id WHERE e.grant_id = g.id) AS review
             FROM access_grant g WHERE g.request_id = ANY($1::uuid[])`,
          [requestIds],
        )
        return rows.map(({ review, ender, ...grant }) => ({
          grant,
          ender,
          review: review && { ...review, at: new Date(review.at) },
        }))
      }),

    overdue: (limit) =>
      guarded(async () => {
        const { rows } = await pool.query<{ id: string }>(
          `SELECT id FROM access_request WHERE state = 'pending' AND lapses_at <= clock_timestamp() ORDER BY lapses_at LIMIT $1`,
          [limit],
        )
        return rows.map(({ id }) => id)
      }),
  }
}

/** The values of a statement, each with the name that it has there. */
const placeholders = () => {
  const list: unknown[] = []
  return { list, add: (value: unknown) => `$${list.push(value)}` }
}
type Values = ReturnType<typeof placeholders>

function conditions(wish: RequestsWish) {
  const values = placeholders()
  const where: string[] = []
  const { personId, waitingFor: whom, state, text, before } = wish
  if (personId !== undefined) where.push(`r.person_id = ${values.add(personId)}`)
  if (whom) where.push(waitingFor(values, whom))
  if (state === 'emergency') where.push('r.emergency')
  else if (state === 'running')
    where.push(
      `EXISTS (SELECT FROM access_grant g WHERE g.request_id = r.id AND g.ended_at IS NULL AND g.ends_at > clock_timestamp())`,
    )
  else if (state) where.push(`r.state = ${values.add(state)}`)
  if (text !== undefined) {
    const like = values.add(`%${text.replace(/[\\%_]/g, (sign) => `\\${sign}`)}%`)
    const places = ['r.database', 'r.team', 'r.db_user', 'r.reason', 'p.name', 'p.email']
    where.push(`(${places.map((place) => `${place} ILIKE ${like}`).join(' OR ')})`)
  }
  if (before)
    // By its row: a time that came by way of JavaScript has lost its microseconds.
    where.push(
      `(r.created_at, r.id) < (SELECT b.created_at, b.id FROM access_request b WHERE b.id = ${values.add(before)})`,
    )
  return { where, values }
}

/** Pending under one of these rules, of somebody else, and not decided by this person; or an emergency that nobody reviewed. */
function waitingFor(
  values: Values,
  { personId, rules, everyReview }: { personId: string; rules: RuleKeys; everyReview: boolean },
): string {
  const me = values.add(personId)
  const [teams, databases, users, terms] = [
    rules.map(({ team }) => team),
    rules.map(({ database }) => database),
    rules.map(({ user }) => user),
    rules.map((rule) => rule.terms),
  ].map((list) => `${values.add(list)}::text[]`)
  const mine = `unnest(${teams}, ${databases}, ${users}, ${terms}) AS k (team, database, db_user, terms)`
  const isMine = '(r.team, r.database, r.db_user) = (k.team, k.database, k.db_user)'
  // Two small sets, each by an index of its own: with `OR`, every request there ever was would be looked at.
  return `r.person_id <> ${me} AND r.id IN (
    SELECT r.id FROM access_request r JOIN ${mine} ON ${isMine}
     WHERE r.state = 'pending' AND r.lapses_at > clock_timestamp() AND NOT EXISTS (
       SELECT FROM request_decision d WHERE d.request_id = r.id AND d.person_id = ${me} AND d.terms = k.terms)
    UNION ALL
    SELECT r.id FROM access_grant g JOIN access_request r ON r.id = g.request_id
     WHERE g.emergency AND g.reviewed_at IS NULL AND (${everyReview} OR EXISTS (SELECT FROM ${mine} WHERE ${isMine})))`
}
