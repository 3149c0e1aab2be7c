import type pg from 'pg'
import type { AuditEvent } from '../core/audit/event.ts'
import type { CatalogInForce } from '../core/audit/evidence-pack.ts'
import { guarded } from './failure.ts'
import { recordIn, type Store } from './store.ts'

/** A catalog that came into force: its rules are kept with the event that says so. */
export const keepCatalog = (store: Store, event: AuditEvent<'catalog.loaded'>, rules: string) =>
  store.transaction(async (tx) => {
    const { rulesSha256 } = event.detail
    await tx.$executeRaw`
      INSERT INTO catalog_version (rules_sha256, rules) VALUES (${rulesSha256}, ${rules}) ON CONFLICT DO NOTHING`
    await recordIn(tx, event)
  })

/** The catalogs that were in force at some moment of [from, to), as the log says, oldest first; the first began before. */
export const catalogsInForce =
  (pool: pg.Pool) =>
  (from: Date, to: Date): Promise<CatalogInForce[]> =>
    guarded(async () => {
      const { rows } = await pool.query<{ at: Date; sha256: string; rules: string | null }>(
        `SELECT l.at, l.payload_j->>'sha256' AS sha256, v.rules
           FROM audit.log l LEFT JOIN catalog_version v ON v.rules_sha256 = l.payload_j->>'rulesSha256'
          WHERE l.action = 'catalog.loaded' AND l.at < $2 AND l.at >= coalesce(
            (SELECT max(at) FROM audit.log WHERE action = 'catalog.loaded' AND at <= $1), '-infinity')
          ORDER BY l.at, l.id`,
        [from, to],
      )
      return rows.map(({ at, ...rest }) => ({ at: at.toISOString(), ...rest }))
    })
