import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Problem } from '../../contract/common.ts'
import { Grant, Submission } from '../../contract/grant.ts'
import type { Access } from '../../core/access/index.ts'
import { viewGrant } from '../view.ts'

export const requests =
  (access: Access): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post('/', {
      schema: {
        summary: 'Ask for access',
        body: Submission,
        response: { 201: Grant, default: Problem },
      },
      handler: async ({ actor, body }, reply) =>
        reply.code(201).send(viewGrant(await access.submitRequest(actor, body))),
    })
  }
