import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import type { Grant } from '../core/access/grant.ts'
import type { MintStore } from '../core/access/ports.ts'
import type { AuditEvent } from '../core/audit/event.ts'
import { DomainError } from '../core/error.ts'
import { GRANT_COLUMNS } from './access-rows.ts'
import { eventValues, INSERT_EVENT, insertEvents } from './audit.ts'
import { guarded } from './failure.ts'
import { ALIVE } from './session.ts'
import type { Store } from './store.ts'

/**
 * A grant and a session that end wait for this lock, and this waits for them: the order of commits is the truth.
 * Not `FOR SHARE`: mints that come without a pause would share it past an end that waits, and the end would time out.
 */
const LOCK = {
  name: 'mint_lock',
  text: `SELECT ${GRANT_COLUMNS}, s.groups, clock_timestamp() AS now
           FROM access_grant g JOIN session s ON s.id = $2 AND s.person_id = g.person_id
          WHERE g.id = $1 AND ${ALIVE} FOR NO KEY UPDATE OF g, s`,
}

/** Window and session are asked again as the intent is written: what is above may be from before a wait for the lock. */
const INTEND = {
  name: 'mint_intend',
  text: `${INSERT_EVENT} SELECT $1, $2, $3, $4, $5::uuid, $6, $7 FROM access_grant g, session s
          WHERE g.id = $8 AND g.ended_at IS NULL AND g.starts_at <= clock_timestamp() AND clock_timestamp() < g.ends_at
            AND s.id = $9 AND ${ALIVE}`,
}

/** An outcome comes within 30 s of its intent or never: the reaper, which waits for 60, cannot meet it. */
const CONCLUDE = {
  name: 'mint_conclude',
  text: `${INSERT_EVENT} SELECT $1, $2, $3, $4, $5::uuid, $6, $7
          WHERE clock_timestamp() < $8::timestamptz + interval '30 seconds'`,
}

/** What a crash of many replicas leaves must not take longer than a transaction may. */
const ORPHANS_A_ROUND = 500

/** The two commits of a mint, as plain SQL through the same pool: they are the busiest statements of the portal. */
export function mintStore({ pool, transaction }: Store): MintStore {
  return {
    intend: (grantId, sessionId, judge) =>
      guarded(() =>
        withClient(pool, async (client) => {
          const [, { rows }] = await Promise.all([
            client.query('BEGIN'),
            client.query<Grant & { groups: string[]; now: Date }>({
              ...LOCK,
              values: [grantId, sessionId],
            }),
          ])
          const row = rows[0]
          const verdict = judge(row ? { grant: row, groups: row.groups, now: row.now } : null)
          const [{ rowCount }] = await Promise.all([
            client.query({
              ...INTEND,
              values: [...eventValues(verdict.event), grantId, sessionId],
            }),
            client.query('COMMIT'),
          ])
          if (rowCount !== 1)
            throw new DomainError('conflict', 'This access, or your session, has just ended.', {
              reason: 'grant_ended',
            })
          return { ...verdict, now: row!.now }
        }),
      ),

    conclude: (event, intendedAt) =>
      guarded(async () => {
        const { rowCount } = await pool.query({
          ...CONCLUDE,
          values: [...eventValues(event), intendedAt],
        })
        if (rowCount !== 1)
          throw new DomainError(
            'unavailable',
            'Making the token took too long; it was thrown away.',
            {
              mend: 'Ask for a new one.',
              retryAfter: 1,
            },
          )
      }),

    reap: () =>
      transaction(async (tx) => {
        // A lock of this transaction: it is given back after the commit, so the next replica sees what was closed.
        const [lock] = await tx.$queryRaw<
          { mine: boolean }[]
        >`SELECT pg_try_advisory_xact_lock(72707371) AS mine`
        if (!lock!.mine) return 0
        const orphans = await tx.$queryRaw<Orphan[]>`
          SELECT i.intent_id, i.actor, i.subject, i.at, i.payload_j->>'grant' AS grant, i.payload_j->>'database' AS database
            FROM reaper r
            JOIN audit.log i ON i.action = 'token.intent'
             AND i.at > r.settled_until - interval '5 minutes' AND i.at <= clock_timestamp() - interval '60 seconds'
           WHERE NOT EXISTS (SELECT FROM audit.log o WHERE o.intent_id = i.intent_id AND o.action <> 'token.intent')
           ORDER BY i.at LIMIT ${ORPHANS_A_ROUND}`
        await insertEvents(
          (sql, values) => tx.$executeRawUnsafe(sql, ...values),
          orphans.map(unknownOutcome),
        )
        // A round that was full leaves the rest, from where it stopped, to the next.
        const last = orphans.length === ORPHANS_A_ROUND ? orphans.at(-1)!.at : null
        await tx.$executeRaw`
          UPDATE reaper SET settled_until = coalesce(${last}::timestamptz, clock_timestamp() - interval '60 seconds')`
        return orphans.length
      }),
  }
}

type Orphan = {
  intent_id: string
  actor: string
  subject: string
  at: Date
  grant: string
  database: string
}

const unknownOutcome = (orphan: Orphan): AuditEvent<'token.unknown'> => ({
  action: 'token.unknown',
  actor: 'portal',
  subject: orphan.subject,
  requestId: randomUUID(),
  intentId: orphan.intent_id,
  detail: {
    grant: orphan.grant,
    database: orphan.database,
    person: orphan.actor,
    intentAt: orphan.at.toISOString(),
  },
})

/** A connection of its own for `work`; what `work` began and did not commit is undone. */
async function withClient<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    return await work(client)
  } catch (error) {
    await client.query('ROLLBACK').catch((failed: Error) => (broken = failed))
    throw error
  } finally {
    // A connection that could not even roll back is thrown away.
    client.release(broken)
  }
}
