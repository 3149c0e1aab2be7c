import type { AuditReads } from '../core/audit/read-log.ts'
import { type Search, searchText } from '../core/audit/search.ts'
import { DomainError } from '../core/error.ts'
import { valuesOf } from './audit-choices.ts'
import { readHistogram } from './audit-histogram.ts'
import { readPage } from './audit-page.ts'
import { readStory } from './audit-story.ts'
import { guarded } from './failure.ts'
import type { Reading } from './audit-rows.ts'

/** Everything that is read of the log: plain SQL through the pool, on audit.log, the portal's only view of it. */
export const auditReads = (store: Reading): AuditReads => ({
  page: (search, after, limit) => inTime(search, () => readPage(store, search, after, limit)),
  own: (person, after, limit) =>
    inTime({ person }, () => readPage(store, { person }, after, limit)),
  histogram: (search) => inTime(search, () => readHistogram(store, search)),
  story: (id) => guarded(() => readStory(store, id)),
  choices: () =>
    guarded(async () => {
      const [databases, teams] = await Promise.all([
        valuesOf(store, 'database'),
        valuesOf(store, 'team'),
      ])
      return { databases, teams }
    }),
  people: (text) =>
    guarded(async () => {
      const { rows } = await store.pool.query<{
        id: string
        name: string | null
        email: string | null
      }>(
        `SELECT id, name, email FROM person WHERE name ILIKE $1 OR email ILIKE $1
          ORDER BY coalesce(name, email), id LIMIT 20`,
        [`%${text.replace(/[\\%_]/g, (sign) => `\\${sign}`)}%`],
      )
      return rows
    }),
})

/**
 * What takes longer than a statement may says so in words that help. Of everything there is that is no matter of how
 * it was asked: then the database is not well.
 */
async function inTime<T>(search: Search, work: () => Promise<T>): Promise<T> {
  return guarded(async () => {
    try {
      return await work()
    } catch (error) {
      if ((error as { code?: unknown }).code !== QUERY_CANCELED || searchText(search) === '')
        throw error
      throw new DomainError('invalid', 'This search takes too long.', {
        reason: 'too_broad',
        mend: 'Narrow the range of time, or say more about what you look for.',
        cause: error,
      })
    }
  })
}

/** SQLSTATE of a statement that ran into `statement_timeout`. */
const QUERY_CANCELED = '57014'
