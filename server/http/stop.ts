import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { DomainError } from '../core/error.ts'

const stoppingApps = new WeakSet<FastifyInstance>()
export const isStopping = (app: FastifyInstance) => stoppingApps.has(app)

/** Time for a connection to say what it was opened for, in ms. */
const SILENCE = 500
/** What is not answered by then never will be, in ms; the whole stop has 10 s. */
const PATIENCE = 7_000

/**
 * What was begun is answered; nothing else keeps the portal from stopping.
 * Each answer closes its connection: one kept alive would hold the stop for more than a minute.
 * A connection that never asked is cut: browsers open some in advance, and Node counts them as busy.
 */
export function stopInTime(app: FastifyInstance): void {
  const silent = new Set<Socket>()
  app.server.on('connection', (socket: Socket) => {
    silent.add(socket)
    socket.once('close', () => silent.delete(socket))
  })
  app.server.on('request', ({ socket }) => void silent.delete(socket))

  app.addHook('preClose', async () => {
    stoppingApps.add(app)
    setTimeout(() => silent.forEach((socket) => socket.destroy()), SILENCE).unref()
    setTimeout(() => app.server.closeAllConnections(), PATIENCE).unref()
  })
  app.addHook('onRequest', async ({ routeOptions }) => {
    if (isStopping(app) && !routeOptions.config.probe)
      throw new DomainError('unavailable', 'The portal is stopping.', {
        mend: 'Nothing was changed. Try again in a moment.',
        retryAfter: 1,
      })
  })
  app.addHook('onSend', async (_request, reply) => {
    if (isStopping(app)) reply.header('connection', 'close')
  })
}
