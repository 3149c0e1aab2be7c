import type { Grant } from '../core/access/grant.ts'
import type { AccessStore, AccessTx } from '../core/access/ports.ts'
import { guarded } from './failure.ts'
import { recordIn, type Store, type Tx } from './store.ts'

export const GRANT_COLUMNS = `g.id, g.request_id AS "requestId", g.person_id AS "personId", g.team, g.database, g.db_user AS "user",
  g.reason, g.starts_at AS "startsAt", g.ends_at AS "endsAt", g.ended_at AS "endedAt", g.ended_by AS "endedBy"`

export function accessStore(store: Store): AccessStore {
  return {
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

const accessTx = (tx: Tx): AccessTx => ({
  openGrant: async ({ personId, team, database, user, duration, reason }) => {
    const request = await tx.accessRequest.create({
      data: { personId, team, database, user, seconds: duration, reason, state: 'approved' },
    })
    // The window is made by the database's clock, at its full precision: both ends from one reading.
    const [grant] = await tx.$queryRawUnsafe<Grant[]>(
      `INSERT INTO access_grant AS g (id, request_id, person_id, team, database, db_user, reason, starts_at, ends_at)
       SELECT gen_random_uuid(), $1::uuid, $2::uuid, $3, $4, $5, $6, t.now, t.now + make_interval(secs => $7)
         FROM (SELECT clock_timestamp() AS now) t RETURNING ${GRANT_COLUMNS}`,
      ...[request.id, personId, team, database, user, reason, duration],
    )
    return grant!
  },

  lockGrant: async (id) => {
    const [grant] = await tx.$queryRawUnsafe<Grant[]>(
      `SELECT ${GRANT_COLUMNS} FROM access_grant g WHERE g.id = $1::uuid FOR UPDATE`,
      id,
    )
    if (!grant) return null
    const [clock] = await tx.$queryRaw<{ now: Date }[]>`SELECT clock_timestamp() AS now`
    return { grant, now: clock!.now }
  },

  endGrant: async (id, endedBy) => {
    const [grant] = await tx.$queryRawUnsafe<Grant[]>(
      `UPDATE access_grant g SET ended_at = clock_timestamp(), ended_by = $2::uuid WHERE g.id = $1::uuid
       RETURNING ${GRANT_COLUMNS}`,
      ...[id, endedBy],
    )
    return grant!
  },

  record: async (event) => void (await recordIn(tx, event)),
})
