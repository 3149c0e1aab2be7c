import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import type { Grant } from '../core/access/grant.ts'
import type { MintStore } from '../core/access/ports.ts'
import type { SignedIn } from '../core/actor.ts'
import type { AuditEvent } from '../core/audit/event.ts'
import { DomainError } from '../core/error.ts'
import { eventValues, insertEvents } from './audit.ts'
import { guarded } from './failure.ts'
import { CONCLUDE, INTEND, LOCK } from './mint-statements.ts'
import { hashOf, touch } from './session.ts'
import type { Store } from './store.ts'

/** What a crash of many replicas leaves must not take longer than a transaction may. */
const ORPHANS_A_ROUND = 500

/** The two commits of a mint, as plain SQL through the same pool: they are the busiest statements of the portal. */
export function mintStore({ pool, transaction }: Store): MintStore {
  return {
    intend: (grantId, key, judge) =>
      guarded(() =>
        withClient(pool, async (client) => {
          const keyHash = hashOf(key)
          const [, { rows }] = await inOneSegment(client, () => [
            client.query('BEGIN'),
            client.query<Found>({ ...LOCK, values: [grantId, keyHash] }),
          ])
          const row = rows[0]
          const verdict = judge(row ? { grant: row, holder: row, now: row.now } : null)
          const [{ rowCount }] = await inOneSegment(client, () => [
            client.query({
              ...INTEND,
              values: [...eventValues(verdict.event), grantId, keyHash],
            }),
            row?.stale && client.query(touch(keyHash)),
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
          SELECT i.intent_id, i.actor, i.subject, i.at, i.payload_j->>'grant' AS grant, i.payload_j->>'team' AS team, i.payload_j->>'database' AS database
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

type Found = Grant & SignedIn & { now: Date; stale: boolean }

type Orphan = {
  intent_id: string
  actor: string
  subject: string
  at: Date
  grant: string
  team: string
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
    team: orphan.team,
    database: orphan.database,
    person: orphan.actor,
    intentAt: orphan.at.toISOString(),
  },
})

/**
 * All answers to what `send` sends. On its way it is one write and not one for each statement:
 * a call to the kernel and a database that wakes up are what most of a mint's time goes to.
 */
export function inOneSegment<T extends readonly unknown[]>(
  { connection: { stream } }: pg.PoolClient,
  send: () => readonly [...T],
) {
  stream.cork()
  try {
    return Promise.all(send())
  } finally {
    stream.uncork()
  }
}

/** A connection of its own for `work`; what `work` began and did not commit is undone. */
export async function withClient<T>(
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
