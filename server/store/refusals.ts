import { randomUUID } from 'node:crypto'
import type { AuditEvent } from '../core/audit/event.ts'
import { eventValues, INSERT_EVENT, insertEvents } from './audit.ts'
import { guarded } from './failure.ts'
import { networkOf } from './seldom.ts'
import type { Store } from './store.ts'

/** Refusals for one reason that are an event each, in one minute: of one network, and of all together. */
const OF_A_NETWORK = 10
const OF_ALL = 60

/**
 * The first of a minute are events, the others are counted: by their network, or by none once too many networks come.
 * One statement, so that an event and its being counted commit together; nothing is left over where it was written (`surplus` 0).
 */
const RECORD = {
  name: 'record_refusal',
  text: `WITH now AS (SELECT date_trunc('minute', clock_timestamp()) AS minute), seen AS (
      SELECT coalesce(sum(r.kept), 0) < ${OF_ALL} AS is_room, coalesce(bool_or(r.network = $9), false) AS is_known
        FROM anonymous_refusal r, now WHERE r.minute = now.minute AND r.reason = $8
    ), slot AS (
      INSERT INTO anonymous_refusal AS r (minute, reason, network, kept, surplus)
      SELECT minute, $8, CASE WHEN is_room OR is_known THEN $9 ELSE '' END, is_room::int, (NOT is_room)::int FROM now, seen
      ON CONFLICT (minute, reason, network) DO UPDATE SET
        kept = r.kept + (excluded.kept = 1 AND r.surplus = 0 AND r.kept < ${OF_A_NETWORK})::int,
        surplus = r.surplus + (NOT (excluded.kept = 1 AND r.surplus = 0 AND r.kept < ${OF_A_NETWORK}))::int
      RETURNING surplus
    )
    ${INSERT_EVENT} SELECT $1, $2, $3, $4, $5::uuid, $6, $7 FROM slot WHERE surplus = 0`,
}

/** A sign-in was refused: writes the event, or counts it where this minute has enough of its kind. */
export const recordRefusal = (
  { pool }: Pick<Store, 'pool'>,
  event: AuditEvent<'signin.refused'>,
): Promise<void> =>
  guarded(
    async () =>
      void (await pool.query({
        ...RECORD,
        values: [...eventValues(event), event.detail.reason, networkOf(event.address ?? '')],
      })),
  )

/** Tells the log of what was only counted, once its minute is over for good. Returns how many refusals that were. */
export const tellRefusals = ({ transaction }: Pick<Store, 'transaction'>): Promise<number> =>
  guarded(() =>
    transaction(async (tx) => {
      const over = await tx.$queryRaw<
        { minute: Date; reason: string; network: string; surplus: number }[]
      >`DELETE FROM anonymous_refusal WHERE minute < date_trunc('minute', clock_timestamp()) - interval '1 minute'
        RETURNING minute, reason, network, surplus`
      const counted = over.filter(({ surplus }) => surplus > 0)
      await insertEvents((sql, values) => tx.$executeRawUnsafe(sql, ...values), counted.map(told))
      return counted.reduce((sum, { surplus }) => sum + surplus, 0)
    }),
  )

const told = ({
  minute,
  reason,
  network,
  surplus,
}: {
  minute: Date
  reason: string
  network: string
  surplus: number
}): AuditEvent<'refusals.counted'> => ({
  action: 'refusals.counted',
  actor: 'portal',
  subject: null,
  requestId: randomUUID(),
  detail: { reason, network: network || null, minute: minute.toISOString(), count: surplus },
})
