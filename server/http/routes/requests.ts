import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Problem } from '../../contract/problem.ts'
import { ById, Nothing } from '../../contract/scalar.ts'
import { Submission } from '../../contract/grant.ts'
import {
  Approval,
  Denial,
  RequestPage,
  Requests,
  RequestsWish,
  Waiting,
} from '../../contract/request.ts'
import type { Access } from '../../core/access/index.ts'
import type { Catalog } from '../../core/catalog/catalog.ts'
import { viewRequest, viewRequestPage } from '../view-request.ts'

export const requests =
  (access: Access, catalog: () => Catalog): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/', {
      schema: {
        summary:
          'Requests: waiting for me, mine, or (administrators) all; newest first, 50 to a page',
        querystring: RequestsWish,
        response: { 200: Requests, default: Problem },
      },
      handler: async ({ actor, query: { view = 'mine', ...filter } }) => {
        const { now, requests, next } = await access.listRequests(actor, { view, ...filter })
        const inForce = catalog()
        return {
          now: now.toISOString(),
          requests: requests.map((seen) => viewRequest(inForce, seen)),
          next,
        }
      },
    })

    app.get('/waiting', {
      // Asked for by pages that nobody may be looking at: it keeps no session alive.
      config: { background: true },
      schema: {
        summary: 'How many requests and reviews wait for me',
        response: { 200: Waiting, default: Problem },
      },
      handler: async ({ actor }) => ({ waiting: await access.countWaiting(actor) }),
    })

    app.get('/:id', {
      schema: {
        summary: 'One request, with all that a decision needs',
        params: ById,
        response: { 200: RequestPage, default: Problem },
      },
      handler: async ({ actor, params }) =>
        viewRequestPage(catalog(), actor, await access.showRequest(actor, params.id)),
    })

    app.post('/', {
      schema: {
        summary: 'Ask for access',
        body: Submission,
        response: { 201: RequestPage, default: Problem },
      },
      handler: async ({ actor, body: { startsAt, ...wish } }, reply) => {
        const start = startsAt === undefined ? undefined : new Date(startsAt)
        const shown = await access.submitRequest(actor, { ...wish, startsAt: start })
        return reply.code(201).send(viewRequestPage(catalog(), actor, shown))
      },
    })

    app.post('/:id/approve', {
      schema: {
        summary: 'Approve it, as it was seen',
        params: ById,
        body: Approval,
        response: { 200: RequestPage, default: Problem },
      },
      handler: async ({ actor, params, body }) =>
        viewRequestPage(
          catalog(),
          actor,
          await access.decideRequest(actor, params.id, { verdict: 'approve', ...body }),
        ),
    })

    app.post('/:id/deny', {
      schema: {
        summary: 'Deny it, and say why',
        params: ById,
        body: Denial,
        response: { 200: RequestPage, default: Problem },
      },
      handler: async ({ actor, params, body }) =>
        viewRequestPage(
          catalog(),
          actor,
          await access.decideRequest(actor, params.id, { verdict: 'deny', ...body }),
        ),
    })

    app.post('/:id/withdraw', {
      schema: {
        summary: 'Take my own request back',
        params: ById,
        body: Nothing,
        response: { 200: RequestPage, default: Problem },
      },
      handler: async ({ actor, params }) =>
        viewRequestPage(catalog(), actor, await access.withdrawRequest(actor, params.id)),
    })
  }
