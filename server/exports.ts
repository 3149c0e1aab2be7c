import { evidencePack } from './core/audit/evidence-pack.ts'
import { exportLog } from './core/audit/export-log.ts'
import { exportRuns, type WhyNoExport } from './core/audit/export-run.ts'
import { DomainError } from './core/error.ts'
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
  const begin = exportRuns({ source, record, refuse })
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

const refuse = (why: WhyNoExport) => (why === 'exports_running' ? tooMany() : nothingSealed())

const tooMany = () =>
  new DomainError('too_many', 'Two exports are running already.', {
    reason: 'exports_running',
    mend: 'Wait until one has ended, or stop it.',
    retryAfter: 30,
  })

const nothingSealed = () =>
  new DomainError('unavailable', 'Nothing is sealed yet.', {
    reason: 'nothing_sealed',
    mend: 'An export has what is sealed. Try again in a moment; if it stays so, see the state of sealing.',
    retryAfter: 2,
  })
