import type { FastifyPluginAsync } from 'fastify'

/** What browsers refused to do on a page of ours: a bug, or somebody at work. It goes to the log, cut short. */
export const cspReport: FastifyPluginAsync = async (app) => {
  app.addContentTypeParser(
    ['application/csp-report', 'application/reports+json'],
    { parseAs: 'string', bodyLimit: 8_192 },
    (_request, body, done) => done(null, body),
  )
  app.post('/csp-report', {
    config: { acceptsReports: true },
    schema: { hide: true },
    handler: async (request, reply) => {
      const report = typeof request.body === 'string' ? request.body.slice(0, 2_000) : ''
      request.log.warn({ report }, 'content security policy violated')
      return reply.code(204).send()
    },
  })
}
