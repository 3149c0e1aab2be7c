import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'

/** The contract, published: collected from the schemas that the routes are checked with. */
export async function collectOpenApi(app: FastifyInstance, version: string, publicUrl: string) {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Latchkey',
        version,
        description:
          'Temporary, audited access to Amazon RDS and Aurora databases. Errors are RFC 9457.',
      },
      servers: [{ url: publicUrl }],
      components: {
        securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: '__Host-session' } },
      },
    },
  })
}
