import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { PolicyReading, PolicyText } from '../../contract/policy.ts'
import { Problem } from '../../contract/problem.ts'
import type { Catalog } from '../../core/catalog/catalog.ts'
import { readPolicy } from '../../core/setup/read-policy.ts'

/** Bytes: of the longest text, where each character is escaped. */
const BODY_LIMIT = 262_144

/** For administrators: a policy is read and kept nowhere. A POST, so that the text is in no address. */
export const policy =
  (catalog: () => Catalog): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post('/', {
      bodyLimit: BODY_LIMIT,
      schema: {
        summary: 'What a policy opens, and what is wrong with it',
        body: PolicyText,
        response: { 200: PolicyReading, default: Problem },
      },
      handler: async ({ body }) => readPolicy(body.text, catalog()),
    })
  }
