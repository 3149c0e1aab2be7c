import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ByDatabase, Checking, HealthOfDatabase, HealthOverview } from '../../contract/health.ts'
import { Problem } from '../../contract/problem.ts'
import { Nothing } from '../../contract/scalar.ts'
import type { Catalog } from '../../core/catalog/catalog.ts'
import { notFound } from '../../core/error.ts'
import type { HealthChecks } from '../../core/health/check-database.ts'
import { viewFindings, viewOverview } from '../view-health.ts'

type Parts = { checks: HealthChecks; catalog: () => Catalog; now: () => Promise<Date> }

/** For administrators: whether each database lets people in, and where it does not, which step fails. */
export const healthChecks =
  ({ checks, catalog, now }: Parts): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/', {
      schema: {
        summary: 'Every database of the catalog at a glance, by its newest checks',
        response: { 200: HealthOverview, default: Problem },
      },
      handler: async () =>
        viewOverview({
          databases: catalog().databases.values(),
          troubles: await checks.troubles(),
          running: checks.running(),
          now: await now(),
        }),
    })

    app.get('/:database', {
      schema: {
        summary: 'The steps of the newest check of each endpoint, as each database user',
        params: ByDatabase,
        response: { 200: HealthOfDatabase, default: Problem },
      },
      handler: async ({ params: { database: name } }) => {
        if (!catalog().databases.has(name)) throw notFound()
        return viewFindings({
          name,
          findings: await checks.findingsOf(name),
          running: checks.running().includes(name),
          now: await now(),
        })
      },
    })

    app.post('/:database', {
      schema: {
        summary: 'Check a database now; a check that is running is joined',
        params: ByDatabase,
        body: Nothing,
        response: { 202: Checking, default: Problem },
      },
      handler: async ({ actor, params }, reply) => {
        checks.checkNow(params.database, actor)
        return reply.code(202).send({ running: true })
      },
    })
  }
