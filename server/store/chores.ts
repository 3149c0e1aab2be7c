import { guarded } from './failure.ts'
import type { Store } from './store.ts'

/**
 * Takes the turn at what one portal does for all of them: true for one that asks once it is due, which is then due again
 * after `seconds`. Who takes it and dies leaves it for the next turn.
 */
export const takeTurn = ({ pool }: Pick<Store, 'pool'>, name: string, seconds: number) =>
  guarded(async () => {
    const { rowCount } = await pool.query(
      `INSERT INTO chore AS c (name, due_at) VALUES ($1, clock_timestamp() + make_interval(secs => $2))
       ON CONFLICT (name) DO UPDATE SET due_at = excluded.due_at WHERE c.due_at <= clock_timestamp()`,
      [name, seconds],
    )
    return rowCount === 1
  })
