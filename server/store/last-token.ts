import type { AuditDetail } from '../core/audit/event.ts'
import type { DiagnosisStore } from '../core/diagnosis/ports.ts'
import { guarded } from './failure.ts'
import type { Store } from './store.ts'

/**
 * By the log alone: tokens are kept nowhere else. Those of one person since the grant began are found by their index,
 * newest first, and the grant is nearly always that of the first.
 */
export const diagnosisStore = ({ pool, now }: Pick<Store, 'pool' | 'now'>): DiagnosisStore => ({
  lastToken: ({ id, personId, startsAt }) =>
    guarded(async () => {
      const { rows } = await pool.query<{ at: Date; detail: AuditDetail['token.issued'] }>(
        `SELECT l.at, l.payload_j AS detail FROM audit.log l
          WHERE l.actor = $1 AND l.action = 'token.issued' AND l.at >= $2 AND l.payload_j->>'grant' = $3
          ORDER BY l.at DESC, l.id DESC LIMIT 1`,
        [personId, startsAt, id],
      )
      return { now: await now(), token: rows[0] ? tokenOf(rows[0].at, rows[0].detail) : null }
    }),
})

const tokenOf = (issuedAt: Date, detail: AuditDetail['token.issued']) => ({
  issuedAt,
  expiresAt: new Date(detail.expiresAt),
  endpoint: detail.endpoint,
  host: detail.host,
  port: detail.port,
  region: detail.region,
  user: detail.user,
  length: detail.tokenLength,
  sha256: detail.tokenSha256,
})
