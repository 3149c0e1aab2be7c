import type { FastifyPluginAsync } from 'fastify'

/** `/healthz`: the process lives. `/readyz`: it can work, the database included. They say no more than that. */
export const health =
  (ready: () => Promise<boolean>): FastifyPluginAsync =>
  async (app) => {
    const config = { probe: true }
    app.get('/healthz', { config, schema: { hide: true } }, async () => ({ ok: true }))
    app.get('/readyz', { config, schema: { hide: true } }, async (_request, reply) => {
      const ok = await ready()
      return reply.code(ok ? 200 : 503).send({ ok })
    })
  }
