import { createHash, randomBytes } from 'node:crypto'
import type { SignedIn } from '../core/actor.ts'
import type { AuditEvent } from '../core/audit/event.ts'
import { notFound } from '../core/error.ts'
import type { Claim, Identity } from '../core/person/identity.ts'
import type { Session, SessionDetail, SessionStore } from '../core/person/ports.ts'
import { guarded } from './failure.ts'
import { recordIn, type Store, type Tx } from './store.ts'

/** OWASP ASVS 5.0 7.3.1 and 7.3.2 ask for both limits; the values are ours. */
const IDLE = "interval '30 minutes'"
const ABSOLUTE = "interval '10 hours'"

/** A session touched less than this ago is not written again: a page of twenty calls costs one write. */
const TOUCH = "interval '1 minute'"

/** Of a session `s`: it has neither ended nor been left alone for too long. */
export const ALIVE = `s.ends_at > clock_timestamp() AND s.last_seen > clock_timestamp() - ${IDLE}`
/** Of a session `s`: it was used, and nobody has written that down for a while. */
export const STALE = `s.last_seen < clock_timestamp() - ${TOUCH}`

const COLUMNS = `s.id, s.groups, s.ends_at, p.id AS person_id, p.issuer, p.subject, p.name, p.email,
  clock_timestamp() AS now, s.last_seen + ${IDLE} AS idle_ends_at, ${STALE} AS stale`

/** Writes down that the session of a key hash is used. One that is over stays over. */
export const touch = (keyHash: Buffer) => ({
  text: `UPDATE session s SET last_seen = clock_timestamp() WHERE s.key_hash = $1 AND ${ALIVE}`,
  values: [keyHash],
})

/** What is stored of a key: it has 256 random bits, so one round of SHA-256 is enough. */
export const hashOf = (key: string): Buffer => createHash('sha256').update(key).digest()

export function sessionStore(store: Store): SessionStore {
  const { pool } = store
  return {
    start: (identity, replaces, event) =>
      store.transaction(async (tx) => {
        const ended = replaces === undefined ? undefined : await endByKey(tx, replaces)
        const { personId, isNew } = await knowPerson(tx, identity)
        const started = event(personId, isNew)
        if (ended !== undefined) await recordIn(tx, replaced(started, ended))
        const key = randomBytes(32).toString('base64url')
        const [row] = await tx.$queryRawUnsafe<{ ends_at: Date }[]>(
          `INSERT INTO session (id, key_hash, person_id, groups, groups_from, claims, proved_at, ends_at)
           VALUES (gen_random_uuid(), $1, $2::uuid, $3, $4, $5::jsonb, CASE WHEN $6::timestamptz < clock_timestamp() THEN $6 WHEN $6 IS NOT NULL THEN clock_timestamp() END, clock_timestamp() + ${ABSOLUTE})
           RETURNING ends_at`,
          hashOf(key),
          personId,
          identity.groups,
          identity.groupsFrom,
          JSON.stringify(identity.claims),
          identity.provedAt ?? null,
        )
        await recordIn(tx, started)
        return { key, endsAt: row!.ends_at }
      }),

    find: (key, { background = false } = {}) =>
      guarded(async () => {
        const keyHash = hashOf(key)
        const { rows } = await pool.query<Row>({
          name: 'session_find',
          text: `SELECT ${COLUMNS} FROM session s JOIN person p ON p.id = s.person_id WHERE s.key_hash = $1 AND ${ALIVE}`,
          values: [keyHash],
        })
        const row = rows[0]
        if (!row) return null
        if (row.stale && !background) await pool.query(touch(keyHash))
        return sessionOf(row)
      }),

    detail: (sessionId) =>
      guarded(async () => {
        const { rows } = await pool.query<Row & DetailRow>(
          `SELECT ${COLUMNS}, s.started_at, s.groups_from, s.claims
             FROM session s JOIN person p ON p.id = s.person_id WHERE s.id = $1 AND ${ALIVE}`,
          [sessionId],
        )
        return rows[0] ? detailOf(rows[0]) : null
      }),

    end: (sessionId, event) =>
      store.transaction(async (tx) => {
        const ended = await tx.$executeRaw`DELETE FROM session WHERE id = ${sessionId}::uuid`
        if (ended === 0) throw notFound()
        await recordIn(tx, event)
      }),
  }
}

/** Ends the session of a key. Returns whose it was; undefined where there was none, or time had ended it already. */
async function endByKey(tx: Tx, key: string): Promise<string | undefined> {
  const [row] = await tx.$queryRawUnsafe<{ person_id: string; alive: boolean }[]>(
    `DELETE FROM session s WHERE s.key_hash = $1 RETURNING s.person_id, ${ALIVE} AS alive`,
    hashOf(key),
  )
  return row?.alive ? row.person_id : undefined
}

const replaced = (
  { requestId, address }: AuditEvent<'session.started'>,
  person: string,
): AuditEvent<'session.ended'> => ({
  action: 'session.ended',
  actor: { person },
  subject: null,
  requestId,
  ...(address !== undefined && { address }),
  detail: { how: 'replaced' },
})

/** Two first sign-ins of one person at once are one person: the unique index decides. */
async function knowPerson(tx: Tx, { issuer, subject, name, email, groups }: Identity) {
  const [row] = await tx.$queryRaw<{ id: string; is_new: boolean }[]>`
    INSERT INTO person (id, issuer, subject, name, email, groups, signed_in_at)
    VALUES (gen_random_uuid(), ${issuer}, ${subject}, ${name}, ${email}, ${groups}, clock_timestamp())
    ON CONFLICT (issuer, subject) DO UPDATE
      SET name = EXCLUDED.name, email = EXCLUDED.email, groups = EXCLUDED.groups,
          last_seen = clock_timestamp(), signed_in_at = clock_timestamp()
    RETURNING id, xmax = 0 AS is_new`
  return { personId: row!.id, isNew: row!.is_new }
}

type Row = {
  id: string
  groups: string[]
  ends_at: Date
  idle_ends_at: Date
  person_id: string
  issuer: string
  subject: string
  name: string | null
  email: string | null
  now: Date
  stale: boolean
}
type DetailRow = { started_at: Date; groups_from: Identity['groupsFrom']; claims: Claim[] }

function sessionOf(row: Row): Session {
  const actor: SignedIn = {
    personId: row.person_id,
    issuer: row.issuer,
    subject: row.subject,
    name: row.name,
    email: row.email,
    sessionId: row.id,
    groups: row.groups,
  }
  return { actor, now: row.now, endsAt: row.ends_at, idleEndsAt: row.idle_ends_at }
}

const detailOf = (row: Row & DetailRow): SessionDetail => ({
  ...sessionOf(row),
  signedInAt: row.started_at,
  groupsFrom: row.groups_from,
  claims: row.claims,
})
