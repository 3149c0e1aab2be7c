import { createHash } from 'node:crypto'
import type { Found, Place } from '../core/inventory/found.ts'
import type { FollowedTo, InventoryStore, KeptPlace } from '../core/inventory/ports.ts'
import { guarded } from './failure.ts'
import { recordIn, type Store } from './store.ts'

/** Changes of what is followed that are one transaction: it must be over in seconds. */
const AT_ONCE = 100
/** A place that no catalog names any more is forgotten, but not because a portal is a version behind. */
const FORGET_AFTER = '30 days'

type Row = {
  account: string
  region: string
  read_at: Date | null
  fault: Place['fault']
  missing: string[]
  version: string
  found: Found[] | null
}

/** What was read of RDS, and what the references of the catalog have come to. */
export const inventoryStore = (store: Store): InventoryStore => ({
  places: (known) =>
    guarded(async () => {
      const { rows } = await store.pool.query<Row>(
        `SELECT account, region, read_at, fault, missing, version,
                CASE WHEN version = ANY ($1) THEN NULL ELSE found END AS found
           FROM inventory_place ORDER BY account, region`,
        [known],
      )
      return rows.map(({ read_at: readAt, ...rest }): KeptPlace => ({ ...rest, readAt }))
    }),

  keepReading: ({ account, region }, { found, missing }) =>
    guarded(async () => {
      const text = JSON.stringify(found)
      const version = createHash('sha256').update(`${account} ${region} ${text}`).digest('hex')
      await store.pool.query(
        `INSERT INTO inventory_place AS p (account, region, read_at, missing, found, version)
         VALUES ($1, $2, clock_timestamp(), $3, $4::jsonb, $5)
         ON CONFLICT (account, region) DO UPDATE SET read_at = excluded.read_at, tried_at = excluded.tried_at, fault = NULL,
           missing = excluded.missing, version = excluded.version,
           found = CASE WHEN p.version = excluded.version THEN p.found ELSE excluded.found END`,
        [account, region, missing, text, version],
      )
    }),

  keepFault: ({ account, region }, fault) =>
    guarded(async () => {
      await store.pool.query(
        `INSERT INTO inventory_place (account, region, fault) VALUES ($1, $2, $3)
         ON CONFLICT (account, region) DO UPDATE SET tried_at = excluded.tried_at, fault = excluded.fault`,
        [account, region, fault],
      )
      await store.pool.query(
        'DELETE FROM inventory_place WHERE tried_at < clock_timestamp() - $1::interval',
        [FORGET_AFTER],
      )
    }),

  keepFollowed: async (followed, event) => {
    // In one order, so that two portals that write at once do not wait for each other in a ring.
    const sorted = followed.toSorted((a, b) => (a.database < b.database ? -1 : 1))
    for (let at = 0; at < sorted.length; at += AT_ONCE)
      await store.transaction(async (tx) => {
        for (const one of sorted.slice(at, at + AT_ONCE)) {
          const { database, to } = one
          await tx.$executeRaw`INSERT INTO followed (database) VALUES (${database}) ON CONFLICT DO NOTHING`
          const [row] = await tx.$queryRaw<{ resource: string | null; endpoints: string[] }[]>`
            SELECT resource, endpoints FROM followed WHERE database = ${database} FOR UPDATE`
          const from: FollowedTo =
            row && row.resource !== null
              ? { resource: row.resource, endpoints: row.endpoints }
              : null
          // Another portal has told it already.
          if (JSON.stringify(from) === JSON.stringify(to)) continue
          await tx.$executeRaw`
            UPDATE followed SET resource = ${to?.resource ?? null}, endpoints = ${to?.endpoints ?? []} WHERE database = ${database}`
          await recordIn(tx, event(one, from))
        }
      })
  },
})
