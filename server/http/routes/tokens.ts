import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Problem } from '../../contract/problem.ts'
import { ById } from '../../contract/scalar.ts'
import { Token, TokenWish } from '../../contract/token.ts'
import type { Access } from '../../core/access/index.ts'
import type { ViewToken } from '../view-token.ts'

/** The mint, below a grant. It finds the session by itself: `requireKey`. */
export const tokens =
  (access: Access, viewToken: ViewToken): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post('/:id/tokens', {
      schema: {
        summary: 'One token for one endpoint, valid for 15 minutes at most',
        params: ById,
        body: TokenWish,
        response: { 201: Token, default: Problem },
      },
      handler: async ({ id: requestId, ip: address, sessionKey: key, params, body }, reply) => {
        const asker = { key, address, requestId }
        return reply
          .code(201)
          .send(viewToken(await access.issueToken(asker, params.id, body.endpoint)))
      },
    })
  }
