import { guarded } from './failure.ts'
import type { Store } from './store.ts'

/** Takes away what time has ended (sessions, sign-ins that nobody finished, keys that nobody fetched) and makes the log's next partitions. */
export const tidy = ({ pool }: Store) =>
  guarded(async () => {
    await pool.query(
      "DELETE FROM session WHERE ends_at <= clock_timestamp() OR last_seen <= clock_timestamp() - interval '30 minutes'",
    )
    await pool.query(
      "DELETE FROM sign_in WHERE started_at <= clock_timestamp() - interval '10 minutes'",
    )
    await pool.query(
      "DELETE FROM key_code WHERE made_at <= clock_timestamp() - interval '2 minutes'",
    )
    await pool.query(
      "DELETE FROM anonymous_download WHERE hour < clock_timestamp() - interval '2 hours'",
    )
    await pool.query('SELECT audit.ensure_partitions()')
  })
