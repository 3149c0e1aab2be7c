import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Problem } from '../../contract/problem.ts'
import { ById, Nothing } from '../../contract/scalar.ts'
import { Grant, Grants } from '../../contract/grant.ts'
import { RequestPage, WithComment, WithReason } from '../../contract/request.ts'
import type { Access } from '../../core/access/index.ts'
import type { Catalog } from '../../core/catalog/catalog.ts'
import { viewRequestPage } from '../view-request.ts'
import { viewGrant } from '../view.ts'

export const grants =
  (access: Access, catalog: () => Catalog): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/', {
      schema: {
        summary: 'My access, active and past',
        response: { 200: Grants, default: Problem },
      },
      handler: async ({ actor }) => {
        const { now, grants } = await access.listGrants(actor)
        return { now: now.toISOString(), grants: grants.map(viewGrant) }
      },
    })

    app.post('/:id/end', {
      schema: {
        summary: 'End my access now; sessions that are open go on',
        params: ById,
        body: Nothing,
        response: { 200: Grant, default: Problem },
      },
      handler: async ({ actor, params }) => viewGrant(await access.endGrant(actor, params.id)),
    })

    app.post('/:id/revoke', {
      schema: {
        summary: "End somebody else's access; approvers of its rule and administrators",
        params: ById,
        body: WithReason,
        response: { 200: RequestPage, default: Problem },
      },
      handler: async ({ actor, params, body }) =>
        viewRequestPage(catalog(), actor, await access.revokeGrant(actor, params.id, body.reason)),
    })

    app.post('/:id/review', {
      schema: {
        summary: 'Review an emergency that was not mine',
        params: ById,
        body: WithComment,
        response: { 200: RequestPage, default: Problem },
      },
      handler: async ({ actor, params, body }) =>
        viewRequestPage(
          catalog(),
          actor,
          await access.reviewEmergency(actor, params.id, body.comment),
        ),
    })
  }
