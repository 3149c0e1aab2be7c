import { randomUUID } from 'node:crypto'
import type { MessageText, Topic } from '../core/access/message.ts'
import type { Delivery, FailingDelivery, Outbox } from '../core/notification/ports.ts'
import { waitAfter } from '../core/notification/retry.ts'
import { guarded } from './failure.ts'
import { recordIn, type Store } from './store.ts'

/** Mail goes through one server, so that its deliveries share a lane; every other channel is one of its own. */
const LANE = "CASE WHEN channel LIKE 'email:%' THEN 'email' ELSE channel END"

/**
 * The messages that wait, and their deliveries. Any number of portals may work on them: rows are taken with SKIP LOCKED,
 * and a claim is a lease in `next_at`, so that nothing is locked while a message is on its way, and nothing is lost with its worker.
 */
export function outbox(store: Store): Outbox {
  const { pool } = store
  return {
    spread: (plan, limit) =>
      store.transaction(async (tx) => {
        const waiting = await tx.$queryRawUnsafe<{ id: string; topic: Topic; team: string }[]>(
          `SELECT id, topic, payload->'text'->>'team' AS team FROM outbox
            WHERE spread_at IS NULL ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED`,
          limit,
        )
        for (const { id, topic, team } of waiting) {
          const { channels, mail } = plan({ topic, team })
          await tx.$executeRawUnsafe(SPREAD, id, channels, mail)
        }
        return waiting.length
      }),

    dueLanes: () =>
      guarded(async () => {
        const { rows } = await pool.query<{ lane: string }>(
          `SELECT DISTINCT ${LANE} AS lane FROM delivery WHERE next_at <= clock_timestamp()`,
        )
        return rows.map(({ lane }) => lane)
      }),

    claim: (lane, limit, lease) =>
      guarded(async () => {
        const { rows } = await pool.query<Claimed>({
          name: 'outbox_claim',
          text: CLAIM,
          values: [lane, limit, lease],
        })
        return rows.map(deliveryOf)
      }),

    // Also when the lease has run out meanwhile: it arrived, and whoever has it now need not try again.
    done: ({ outboxId, channel }) =>
      guarded(
        async () =>
          void (await pool.query(
            `UPDATE delivery SET done_at = clock_timestamp(), next_at = NULL
              WHERE outbox_id = $1 AND channel = $2 AND done_at IS NULL`,
            [outboxId, channel],
          )),
      ),

    failed: (delivery, { code, permanent = false, retryAfter }) =>
      store.transaction(async (tx) => {
        const wait = permanent ? null : waitAfter(delivery.attempts, retryAfter)
        const mine = await tx.$executeRawUnsafe(FAIL, ...claimOf(delivery), wait, code)
        if (mine === 1 && wait === null) await recordIn(tx, givenUp(delivery, code))
        return wait
      }),

    failing: (limit) =>
      guarded(async () => {
        const { rows } = await pool.query<FailingDelivery>(
          `SELECT d.channel, o.topic, o.created_at AS since, d.attempts, d.last_error AS "lastError", d.next_at AS "nextAt"
             FROM delivery d JOIN outbox o ON o.id = d.outbox_id
            WHERE d.last_error IS NOT NULL AND d.done_at IS NULL
            ORDER BY o.created_at DESC, d.channel LIMIT $1`,
          [limit],
        )
        return rows
      }),

    tidy: () =>
      guarded(
        async () =>
          void (await pool.query(
            `DELETE FROM outbox o WHERE o.created_at < clock_timestamp() - interval '30 days' AND o.spread_at IS NOT NULL
                AND NOT EXISTS (SELECT FROM delivery d WHERE d.outbox_id = o.id AND d.next_at IS NOT NULL)`,
          )),
      ),
  }
}

/** One statement, so that whoever is written down as told is so by the groups of one moment. */
const SPREAD = `WITH message AS (
    UPDATE outbox SET spread_at = clock_timestamp() WHERE id = $1::uuid RETURNING id, payload->'to' AS "to"
  )
  INSERT INTO delivery (outbox_id, channel)
  SELECT m.id, c.channel FROM message m, unnest($2::text[]) AS c (channel)
  UNION
  SELECT m.id, 'email:' || p.email FROM message m, person p
   WHERE $3 AND p.email <> ''
     AND (p.id::text IN (SELECT jsonb_array_elements_text(m."to"->'people'))
       OR p.groups && ARRAY(SELECT jsonb_array_elements_text(m."to"->'groups')))
     AND p.id::text NOT IN (SELECT jsonb_array_elements_text(m."to"->'except'))
  ON CONFLICT DO NOTHING`

const CLAIM = `WITH due AS (
    SELECT outbox_id, channel FROM delivery
     WHERE next_at <= clock_timestamp() AND ${LANE} = $1
     ORDER BY next_at LIMIT $2 FOR UPDATE SKIP LOCKED
  )
  UPDATE delivery d SET attempts = d.attempts + 1, next_at = clock_timestamp() + make_interval(secs => $3)
    FROM due JOIN outbox o ON o.id = due.outbox_id
   WHERE d.outbox_id = due.outbox_id AND d.channel = due.channel
  RETURNING d.outbox_id, d.channel, d.attempts, o.topic, o.request_id, o.payload->'text' AS text, o.created_at`

/** Only by the claim that it belongs to: a newer one may be at work. */
const FAIL = `UPDATE delivery SET next_at = clock_timestamp() + make_interval(secs => $4), last_error = $5
   WHERE outbox_id = $1::uuid AND channel = $2 AND attempts = $3 AND done_at IS NULL`

const claimOf = ({ outboxId, channel, attempts }: Delivery) => [outboxId, channel, attempts]

type Claimed = {
  outbox_id: string
  channel: string
  attempts: number
  topic: Topic
  request_id: string
  text: MessageText
  created_at: Date
}

const deliveryOf = (row: Claimed): Delivery => ({
  outboxId: row.outbox_id,
  channel: row.channel,
  attempts: row.attempts,
  topic: row.topic,
  requestId: row.request_id,
  text: row.text,
  createdAt: row.created_at,
})

const givenUp = ({ topic, requestId, text, channel, attempts }: Delivery, code: string) =>
  ({
    action: 'notification.failed',
    actor: 'portal',
    subject: text.database,
    requestId: randomUUID(),
    detail: { topic, request: requestId, channel, code, attempts },
  }) as const
