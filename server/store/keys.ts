import { randomUUID } from 'node:crypto'
import type { PersonalKey } from '../core/key/key.ts'
import type { Allowed, DeadKey, KeyStore, KeyTx } from '../core/key/ports.ts'
import { guarded } from './failure.ts'
import { ALIVE as SESSION_ALIVE, hashOf } from './session.ts'
import { clockIn, recordIn, type Store, type Tx } from './store.ts'

/** Of a key `k`: it has neither ended nor expired. */
export const KEY_ALIVE = 'k.ended_at IS NULL AND k.expires_at > clock_timestamp()'

const COLUMNS = `k.id, k.person_id AS "personId", k.name, k.prefix, k.created_at AS "createdAt",
  k.expires_at AS "expiresAt", k.ended_at AS "endedAt", k.last_used_at AS "lastUsedAt"`

export function keyStore(store: Store): KeyStore {
  return {
    transaction: (work) => store.transaction((tx) => work(keyTx(tx))),

    keysOf: (personId) =>
      guarded(async () => {
        const { rows } = await store.pool.query<PersonalKey>(
          `SELECT ${COLUMNS} FROM personal_key k
            WHERE k.person_id = $1 AND least(k.ended_at, k.expires_at) > clock_timestamp() - interval '30 days'
            ORDER BY (${KEY_ALIVE}) DESC, k.created_at DESC, k.id LIMIT 200`,
          [personId],
        )
        return { now: await store.now(), keys: rows }
      }),

    provedAt: (sessionId) =>
      guarded(async () => {
        const { rows } = await store.pool.query<{ at: Date | null }>(
          `SELECT s.proved_at AS at FROM session s WHERE s.id = $1 AND ${SESSION_ALIVE}`,
          [sessionId],
        )
        return rows[0]?.at ?? null
      }),

    recordDead: (text, event) =>
      store.transaction(async (tx) => {
        const [dead] = await tx.$queryRawUnsafe<DeadKey[]>(
          `UPDATE personal_key k SET refused_at = clock_timestamp()
            WHERE k.key_hash = $1 AND NOT (${KEY_ALIVE})
              AND (k.refused_at IS NULL OR k.refused_at < clock_timestamp() - interval '1 minute')
           RETURNING k.id, k.person_id AS "personId", k.prefix,
                     CASE WHEN k.ended_at IS NULL THEN 'expired' ELSE 'ended' END AS why`,
          hashOf(text),
        )
        if (dead) await recordIn(tx, event(dead))
      }),
  }
}

const keyTx = (tx: Tx): KeyTx => ({
  holdSession: async (sessionId) => {
    // Against a DELETE only: mints lock the row for themselves, and need not wait.
    const [session] = await tx.$queryRawUnsafe<{ provedAt: Date | null }[]>(
      `SELECT s.proved_at AS "provedAt" FROM session s JOIN person p ON p.id = s.person_id
        WHERE s.id = $1::uuid AND ${SESSION_ALIVE} FOR KEY SHARE OF s FOR NO KEY UPDATE OF p`,
      sessionId,
    )
    return session ? { ...session, now: await clockIn(tx) } : null
  },

  alive: (personId) =>
    tx.$queryRawUnsafe<PersonalKey[]>(
      `SELECT ${COLUMNS} FROM personal_key k WHERE k.person_id = $1::uuid AND ${KEY_ALIVE}`,
      personId,
    ),

  insert: async ({ personId, name, text, prefix, seconds }) => {
    const [key] = await tx.$queryRawUnsafe<PersonalKey[]>(
      `INSERT INTO personal_key AS k (id, person_id, name, key_hash, prefix, created_at, expires_at)
       SELECT $1::uuid, $2::uuid, $3, $4, $5, t.now, t.now + make_interval(secs => $6)
         FROM (SELECT clock_timestamp() AS now) t RETURNING ${COLUMNS}`,
      ...[randomUUID(), personId, name, hashOf(text), prefix, seconds],
    )
    return key!
  },

  lockKey: async (id) => {
    const [key] = await tx.$queryRawUnsafe<PersonalKey[]>(
      `SELECT ${COLUMNS} FROM personal_key k WHERE k.id = $1::uuid FOR UPDATE`,
      id,
    )
    return key ? { key, now: await clockIn(tx) } : null
  },

  endKey: async (id, endedBy) => {
    const [key] = await tx.$queryRawUnsafe<PersonalKey[]>(
      `UPDATE personal_key k SET ended_at = clock_timestamp(), ended_by = $2::uuid WHERE k.id = $1::uuid
       RETURNING ${COLUMNS}`,
      ...[id, endedBy],
    )
    return key!
  },

  insertCode: async ({ code, personId, sessionId, challenge, name, seconds }) =>
    void (await tx.$executeRaw`
      INSERT INTO key_code (code_hash, person_id, session_id, challenge, name, seconds)
      VALUES (${hashOf(code)}, ${personId}::uuid, ${sessionId}::uuid, ${challenge}, ${name}, ${seconds})`),

  takeCode: async (code) => {
    const [row] = await tx.$queryRaw<(Allowed & { old: boolean })[]>`
      DELETE FROM key_code WHERE code_hash = ${hashOf(code)}
      RETURNING person_id AS "personId", session_id AS "sessionId", challenge, name, seconds,
                made_at <= clock_timestamp() - interval '2 minutes' AS old`
    if (!row || row.old) return null
    const { old: _, ...allowed } = row
    return allowed
  },

  record: async (event) => void (await recordIn(tx, event)),
})
