import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Looking, Probes } from '../../contract/probe.ts'
import { Problem } from '../../contract/problem.ts'
import { Nothing } from '../../contract/scalar.ts'
import type { CaBundleSet } from '../../core/trust/ca-bundle.ts'
import type { Probes as Looks } from '../../core/trust/probe-endpoints.ts'
import { viewProbes } from '../view-probes.ts'

export type ProbeParts = { looks: Looks; bundles: CaBundleSet; now: () => Promise<Date> }

/** For administrators: what the TLS of the databases looks like from the portal. */
export const probes =
  ({ looks, bundles, now }: ProbeParts): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/', {
      schema: {
        summary: 'The certificate of each endpoint, as the portal saw it last',
        response: { 200: Probes, default: Problem },
      },
      handler: async () =>
        viewProbes({
          running: looks.running(),
          targets: looks.targets(),
          probes: await looks.probes(),
          bundles,
          now: await now(),
        }),
    })

    app.post('/', {
      schema: {
        summary: 'Look at all of them now: TLS handshakes with the endpoints of the catalog',
        body: Nothing,
        response: { 202: Looking, default: Problem },
      },
      handler: async ({ actor }, reply) => {
        looks.lookNow(actor)
        return reply.code(202).send({ running: true })
      },
    })
  }
