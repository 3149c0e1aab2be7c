import type pg from 'pg'
import type { SealLag } from '../core/audit/ports.ts'
import { guarded } from './failure.ts'

const COUNTED = 10_000

/** How far sealing is behind: cheap, also when it has stood still for a year. By the database's clock. */
export const sealLag = (pool: pg.Pool): Promise<SealLag> =>
  guarded(async () => {
    const { rows } = await pool.query<{ unsealed: number; milliseconds: number }>({
      name: 'seal_lag',
      text: `WITH waiting AS MATERIALIZED (
               SELECT l.at FROM audit.log l
                WHERE l.xid >= (SELECT watermark FROM audit.sealer_state) ORDER BY l.xid LIMIT ${COUNTED + 1}
             )
             SELECT count(*)::int AS unsealed,
                    greatest(0, coalesce(extract(epoch FROM clock_timestamp() - min(at)) * 1000, 0))::float8 AS milliseconds
               FROM waiting`,
    })
    const { unsealed, milliseconds } = rows[0]!
    return {
      unsealed: Math.min(unsealed, COUNTED),
      isMore: unsealed > COUNTED,
      milliseconds: Math.round(milliseconds),
    }
  })
