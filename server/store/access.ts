import { randomUUID } from 'node:crypto'
import type { Grant } from '../core/access/grant.ts'
import type { AccessStore, AccessTx } from '../core/access/ports.ts'
import type { AccessRequest } from '../core/access/request.ts'
import {
  FILE_COLUMNS,
  type FileRow,
  fileOf,
  GRANT_COLUMNS,
  REQUEST_COLUMNS,
} from './access-rows.ts'
import { guarded } from './failure.ts'
import { requestReads } from './requests.ts'
import { clockIn, recordIn, type Store, type Tx } from './store.ts'

/** Where portals hear of changes: the channel of LISTEN and NOTIFY. */
export const CHANGES = 'latchkey_changes'

export function accessStore(store: Store): AccessStore {
  return {
    ...requestReads(store),

    transaction: (work) => store.transaction((tx) => work(accessTx(tx))),

    grantsOf: (personId) =>
      guarded(async () => {
        const { rows } = await store.pool.query<Grant>(
          `SELECT ${GRANT_COLUMNS} FROM access_grant g WHERE g.person_id = $1
            ORDER BY (g.ended_at IS NULL AND g.ends_at > clock_timestamp()) DESC, g.starts_at DESC, g.id LIMIT 200`,
          [personId],
        )
        return { now: await store.now(), grants: rows }
      }),
  }
}

const INSERT_REQUEST = `INSERT INTO access_request AS r
  (id, person_id, team, database, db_user, seconds, reason, emergency, starts_at, state, lapses_at, closed_at)
  SELECT $1::uuid, $2::uuid, $3, $4, $5, $6, $7, $8, $9::timestamptz,`

const accessTx = (tx: Tx): AccessTx => ({
  now: () => clockIn(tx),

  holdSession: async (sessionId) => {
    // Against a DELETE only: mints lock the row for themselves, and need not wait.
    const rows = await tx.$queryRaw<unknown[]>`
      SELECT FROM session WHERE id = ${sessionId}::uuid FOR KEY SHARE`
    return rows.length === 1
  },

  openRequest: async (wish, within) => {
    // The unique index decides who was first; the second writes nothing.
    const [request] = await tx.$queryRawUnsafe<AccessRequest[]>(
      `${INSERT_REQUEST} 'pending', clock_timestamp() + make_interval(secs => $10), NULL
       ON CONFLICT (person_id, team, database, db_user) WHERE state = 'pending' DO NOTHING RETURNING ${REQUEST_COLUMNS}`,
      ...wishValues(wish),
      within,
    )
    return request ?? null
  },

  approvedRequest: async (wish) => {
    const [request] = await tx.$queryRawUnsafe<AccessRequest[]>(
      `${INSERT_REQUEST} 'approved', NULL, clock_timestamp() RETURNING ${REQUEST_COLUMNS}`,
      ...wishValues(wish),
    )
    return request!
  },

  openGrant: async ({
    id,
    personId,
    team,
    database,
    user,
    seconds,
    reason,
    emergency,
    startsAt,
  }) => {
    // The window is made by the database's clock, at its full precision: both ends from one reading.
    const [grant] = await tx.$queryRawUnsafe<Grant[]>(
      `INSERT INTO access_grant AS g (id, request_id, person_id, team, database, db_user, reason, emergency, starts_at, ends_at)
       SELECT gen_random_uuid(), $1::uuid, $2::uuid, $3, $4, $5, $6, $7, t.start, t.start + make_interval(secs => $8)
         FROM (SELECT greatest(clock_timestamp(), $9::timestamptz) AS start) t RETURNING ${GRANT_COLUMNS}`,
      ...[id, personId, team, database, user, reason, emergency, seconds, startsAt],
    )
    return grant!
  },

  lockRequest: async (id) => {
    const [row] = await tx.$queryRawUnsafe<FileRow[]>(
      `SELECT ${FILE_COLUMNS} FROM access_request r JOIN person p ON p.id = r.person_id WHERE r.id = $1::uuid FOR UPDATE OF r`,
      id,
    )
    if (!row) return null
    return { ...fileOf(row), now: await clockIn(tx) }
  },

  lockPendingRequests: async (personId) => {
    const rows = await tx.$queryRawUnsafe<FileRow[]>(
      `SELECT ${FILE_COLUMNS} FROM access_request r JOIN person p ON p.id = r.person_id
        WHERE r.person_id = $1::uuid AND r.state = 'pending' ORDER BY r.id FOR UPDATE OF r`,
      personId,
    )
    const now = await clockIn(tx)
    return rows.map((row) => ({ ...fileOf(row), now }))
  },

  addDecision: async (requestId, { personId, verdict, comment, terms }) => {
    const added = await tx.$executeRaw`
      INSERT INTO request_decision (id, request_id, person_id, verdict, comment, terms)
      VALUES (${randomUUID()}::uuid, ${requestId}::uuid, ${personId}::uuid, ${verdict}, ${comment}, ${terms})
      ON CONFLICT (request_id, person_id, terms) DO NOTHING`
    return added === 1
  },

  closeRequest: async (id, state, cancelled) =>
    void (await tx.$executeRaw`
      UPDATE access_request SET state = ${state}, closed_at = clock_timestamp(),
             closed_by = ${cancelled?.personId ?? null}::uuid, close_reason = ${cancelled?.reason ?? null}
       WHERE id = ${id}::uuid`),

  endSessions: (personId) =>
    tx.$executeRaw`DELETE FROM session WHERE person_id = ${personId}::uuid`,

  endKeys: (personId, endedBy) =>
    tx.$queryRaw<{ id: string; name: string; prefix: string }[]>`
      UPDATE personal_key k SET ended_at = clock_timestamp(), ended_by = ${endedBy}::uuid
       WHERE k.person_id = ${personId}::uuid AND k.ended_at IS NULL AND k.expires_at > clock_timestamp()
       RETURNING k.id, k.name, k.prefix`,

  lockGrant: async (id) => {
    const [grant] = await tx.$queryRawUnsafe<Grant[]>(
      `SELECT ${GRANT_COLUMNS} FROM access_grant g WHERE g.id = $1::uuid FOR UPDATE`,
      id,
    )
    return grant ? { grant, now: await clockIn(tx) } : null
  },

  lockOpenGrants: (of) => {
    const [column, value] =
      'personId' in of ? ['g.person_id = $1::uuid', of.personId] : ['g.database = $1', of.database]
    return tx.$queryRawUnsafe<Grant[]>(
      `SELECT ${GRANT_COLUMNS} FROM access_grant g
        WHERE ${column} AND g.ended_at IS NULL AND g.ends_at > clock_timestamp() ORDER BY g.id FOR UPDATE`,
      value,
    )
  },

  endGrant: async (id, endedBy, reason) => {
    const [grant] = await tx.$queryRawUnsafe<Grant[]>(
      `UPDATE access_grant g SET ended_at = clock_timestamp(), ended_by = $2::uuid, end_reason = $3 WHERE g.id = $1::uuid
       RETURNING ${GRANT_COLUMNS}`,
      ...[id, endedBy, reason],
    )
    return grant!
  },

  addReview: async (grantId, personId, comment) => {
    const added = await tx.$executeRaw`
      INSERT INTO emergency_review (grant_id, person_id, comment) VALUES (${grantId}::uuid, ${personId}::uuid, ${comment})
      ON CONFLICT (grant_id) DO NOTHING`
    if (added === 1)
      await tx.$executeRaw`UPDATE access_grant SET reviewed_at = clock_timestamp() WHERE id = ${grantId}::uuid`
    return added === 1
  },

  record: async (event) => void (await recordIn(tx, event)),

  announce: async ({ id, personId, team, database, user }) =>
    void (await tx.$executeRaw`
      SELECT pg_notify(${CHANGES}, ${JSON.stringify({ id, personId, team, database, user })})`),

  tell: async ({ topic, requestId, to, text }) =>
    void (await tx.$executeRaw`
      INSERT INTO outbox (id, topic, request_id, payload)
      VALUES (${randomUUID()}::uuid, ${topic}, ${requestId}::uuid, ${JSON.stringify({ to, text })}::jsonb)`),
})

const wishValues = (wish: Parameters<AccessTx['approvedRequest']>[0]) => [
  randomUUID(),
  wish.personId,
  wish.team,
  wish.database,
  wish.user,
  wish.seconds,
  wish.reason,
  wish.emergency,
  wish.startsAt,
]
