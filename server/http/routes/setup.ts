import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Problem } from '../../contract/problem.ts'
import { Setup } from '../../contract/setup.ts'
import type { Catalog, CatalogProblem } from '../../core/catalog/catalog.ts'
import type { FailingDelivery } from '../../core/notification/ports.ts'

export type CatalogStatus = {
  file: string
  sha256: string
  loadedAt: Date
  refused: { at: Date; problems: CatalogProblem[] } | null
}

/** The newest messages that do not arrive. */
export type Failing = () => Promise<FailingDelivery[]>

type Deps = {
  status: () => CatalogStatus
  catalog: () => Catalog
  failing: Failing
  version: string
  now: () => Promise<Date>
}

export const setup =
  ({ status, catalog, failing, version, now }: Deps): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/', {
      schema: { summary: 'Is everything set up right', response: { 200: Setup, default: Problem } },
      handler: async () => {
        const { file, sha256, loadedAt, refused } = status()
        const { teams, databases, rules } = catalog()
        return {
          catalog: {
            file,
            sha256,
            loadedAt: loadedAt.toISOString(),
            teams: teams.size,
            databases: databases.size,
            rules: rules.length,
            refused: refused && { at: refused.at.toISOString(), problems: refused.problems },
          },
          deliveries: { failing: (await failing()).map(viewOf) },
          version,
          now: (await now()).toISOString(),
        }
      },
    })
  }

const viewOf = ({ since, nextAt, ...rest }: FailingDelivery) => ({
  ...rest,
  since: since.toISOString(),
  nextAt: nextAt && nextAt.toISOString(),
})
