import { evidencePack } from './core/audit/evidence-pack.ts'
import { exportLog } from './core/audit/export-log.ts'
import { exportRuns } from './core/audit/export-run.ts'
import type { Record } from './core/person/ports.ts'
import { exportSource } from './store/audit-export.ts'
import { catalogsInForce } from './store/catalogs.ts'
import type { openExportPool } from './store/pool.ts'

/** What gives the log out. `pool`: exports read for minutes. */
export function makeExports(
  pool: ReturnType<typeof openExportPool>,
  record: Record,
  verifier: string,
) {
  const source = exportSource(pool)
  const begin = exportRuns({ source, record })
  return {
    exportLog: exportLog({ source, begin }),
    makeEvidencePack: evidencePack({
      source,
      begin,
      catalogs: catalogsInForce(pool),
      verifier,
      now: () => new Date(),
    }),
  }
}
