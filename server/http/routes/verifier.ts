import { createHash } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { Problem } from '../../contract/problem.ts'
import { notFound } from '../../core/error.ts'

/**
 * The single-file verifier, beside the exports that it checks. The same for everybody, and told with its SHA-256, so that an auditor
 * can compare it with one that came from elsewhere. `source` is null where the portal runs from sources that were not built.
 */
export const verifier =
  (source: string | null): FastifyPluginAsyncTypebox =>
  async (app) => {
    const digest = createHash('sha256')
      .update(source ?? '')
      .digest()
    app.get('/verifier', {
      schema: {
        summary: 'A program in one file that verifies an export offline: node latchkey-verify.mjs',
        response: { 200: Type.String({ description: 'JavaScript for Node' }), default: Problem },
      },
      handler: async (_request, reply) => {
        if (source === null) throw notFound()
        return reply
          .type('text/javascript; charset=utf-8')
          .header('content-disposition', 'attachment; filename="latchkey-verify.mjs"')
          .header('etag', `"${digest.toString('hex')}"`)
          .header('repr-digest', `sha-256=:${digest.toString('base64')}:`)
          .send(source)
      },
    })
  }
