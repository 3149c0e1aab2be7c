import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Problem } from '../../contract/problem.ts'
import { ById, ByName } from '../../contract/scalar.ts'
import { Ended, PersonEnded, WithReason } from '../../contract/request.ts'
import type { Access } from '../../core/access/index.ts'

/** For administrators at three in the morning. */
export const endAccess =
  (access: Access): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post('/people/:id/end-access', {
      schema: {
        summary:
          'End all access of one person: grants, open requests, and their sessions here; sessions in databases go on',
        params: ById,
        body: WithReason,
        response: { 200: PersonEnded, default: Problem },
      },
      handler: ({ actor, params, body }) => access.endPerson(actor, params.id, body.reason),
    })

    app.post('/databases/:name/end-access', {
      schema: {
        summary: 'End all access to one database; sessions that are open go on',
        params: ByName,
        body: WithReason,
        response: { 200: Ended, default: Problem },
      },
      handler: async ({ actor, params, body }) => ({
        ended: await access.endDatabase(actor, params.name, body.reason),
      }),
    })
  }
