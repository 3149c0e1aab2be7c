import type { FastifyInstance, FastifyPluginAsync, RouteOptions } from 'fastify'

/** Who may reach a route. Declared by the scope it is registered in, never by itself. */
export type Permission = 'public' | 'key' | 'signed-in' | 'auditor' | 'administrator'

declare module 'fastify' {
  interface FastifyInstance {
    /** Every route there is, with its permission once its scopes have spoken. */
    declaredRoutes: readonly RouteOptions[]
  }
  interface FastifyContextConfig {
    permission?: Permission
    /** Reports of the browser come without a page of ours behind them. */
    acceptsReports?: boolean
    /** Programs ask, and no cookie is read: nothing that a page of another site could borrow. */
    acceptsPrograms?: boolean
  }
}

/** A scope of routes with one permission; what it registers inside another scope is narrower. */
export const scope =
  (permission: Permission, register: FastifyPluginAsync): FastifyPluginAsync =>
  async (app, options) => {
    app.addHook('onRoute', (route) => {
      route.config = { ...route.config, permission }
    })
    await register(app, options)
  }

/** A route that was registered outside every scope stops the start: nothing is reachable by oversight. */
export function requirePermissions(app: FastifyInstance): void {
  const routes: RouteOptions[] = []
  app.decorate('declaredRoutes', routes)
  app.addHook('onRoute', (route) => void routes.push(route))
  app.addHook('onReady', async () => {
    const open = routes.filter((route) => !route.config?.permission)
    if (open.length > 0)
      throw new Error(`No permission is declared for ${open.map((route) => route.url).join(', ')}`)
  })
}
