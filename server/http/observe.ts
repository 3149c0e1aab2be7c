import type { FastifyInstance } from 'fastify'

/** Hears what the portal answered. Takes no path, name or address: only the route as it is written. */
export type Observe = {
  request(seen: { method: string; route: string; status: number; seconds: number }): void
  /** How many event streams are open now. */
  streams(open: number): void
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answered for as long as somebody listens: how long that was says nothing about the portal. */
    endless?: boolean
  }
}

/** Each answer once, whatever became of it. */
export function observeRequests(app: FastifyInstance, { request: observe }: Observe): void {
  app.addHook('onResponse', async ({ method, routeOptions }, reply) => {
    if (routeOptions.config.endless && reply.statusCode < 400) return
    observe({
      method,
      route: routeOf(routeOptions.url),
      status: reply.statusCode,
      seconds: reply.elapsedTime / 1000,
    })
  })
}

/** The built files are routes by name, and their names are new with each build. */
function routeOf(url: string | undefined): string {
  if (url === undefined) return 'none'
  return url.startsWith('/assets/') ? '/assets/*' : url
}
