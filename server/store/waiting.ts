import { guarded } from './failure.ts'
import type { Store } from './store.ts'

type Waiting = {
  requestsPending: number
  emergenciesUnreviewed: number
  outboxPending: number
  deliveriesRetrying: number
  deliveriesGivenUp: number
}

/** Each by an index of its own that holds little more than what is counted: a scrape costs the same with a million past requests. */
const COUNT = `SELECT
  (SELECT count(*) FROM access_request WHERE state = 'pending')::int AS "requestsPending",
  (SELECT count(*) FROM access_grant WHERE emergency AND reviewed_at IS NULL)::int AS "emergenciesUnreviewed",
  (SELECT count(*) FROM outbox WHERE spread_at IS NULL)::int
    + (SELECT count(*) FROM delivery WHERE next_at IS NOT NULL)::int AS "outboxPending",
  f.retrying::int AS "deliveriesRetrying", f.given_up::int AS "deliveriesGivenUp"
  FROM (SELECT count(*) FILTER (WHERE next_at IS NOT NULL) AS retrying, count(*) FILTER (WHERE next_at IS NULL) AS given_up
          FROM delivery WHERE last_error IS NOT NULL AND done_at IS NULL) f`

/** What waits for people and for receivers, for all portals together. Throws `unavailable`. */
export const countWaiting = ({ pool }: Store): Promise<Waiting> =>
  guarded(async () => (await pool.query<Waiting>(COUNT)).rows[0]!)
