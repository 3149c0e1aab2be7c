import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { TokenByKeyWish, TokenFacts } from '../../contract/key.ts'
import { Problem } from '../../contract/problem.ts'
import type { Keys } from '../../core/key/index.ts'
import { addressOf } from '../address.ts'
import type { factsView } from '../view-key.ts'

/** The one thing that a personal key can do. */
export const token =
  (
    issueToken: Keys['issueToken'],
    viewFacts: ReturnType<typeof factsView>,
  ): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post('/token', {
      config: { acceptsPrograms: true },
      schema: {
        summary:
          'One token for an open grant of the owner of the key: text, or JSON with what a client needs, as Accept says',
        body: TokenByKeyWish,
        response: {
          201: {
            description: 'The token',
            content: {
              'text/plain': { schema: Type.String() },
              'application/json': { schema: TokenFacts },
            },
          },
          default: Problem,
        },
      },
      handler: async (request, reply) => {
        const asker = { key: request.bearer, address: addressOf(request), requestId: request.id }
        const issued = await issueToken(asker, request.body)
        reply.code(201).header('vary', 'accept')
        return /\bapplication\/json\b/.test(request.headers.accept ?? '')
          ? reply.type('application/json; charset=utf-8').send(viewFacts(issued))
          : reply.type('text/plain; charset=utf-8').send(`${issued.token}\n`)
      },
    })
  }
