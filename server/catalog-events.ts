import { createHash, randomUUID } from 'node:crypto'
import type { AuditEvent } from './core/audit/event.ts'
import { unlessSecret } from './core/audit/secret-in.ts'
import type { CatalogProblem, WrittenCatalog } from './core/catalog/catalog.ts'

const byPortal = () => ({ actor: 'portal', subject: null, requestId: randomUUID() }) as const

/** What the log says of a catalog that came into force. */
export const catalogLoaded = (
  catalog: WrittenCatalog,
  rules: string,
): AuditEvent<'catalog.loaded'> => ({
  ...byPortal(),
  action: 'catalog.loaded',
  detail: {
    sha256: catalog.sha256,
    teams: catalog.teams.size,
    databases: catalog.names.length,
    rules: catalog.rules.length,
    rulesSha256: createHash('sha256').update(rules).digest('hex'),
  },
})

/** And of a file that did not. */
export const catalogRefused = (
  sha256: string | null,
  problems: readonly CatalogProblem[],
): AuditEvent<'catalog.refused'> => ({
  ...byPortal(),
  action: 'catalog.refused',
  detail: {
    sha256,
    problems: problems.length,
    first: problems[0]
      ? unlessSecret(`line ${problems[0].line}, ${problems[0].path}: ${problems[0].message}`)
      : '',
  },
})
