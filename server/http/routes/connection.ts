import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Connection, ConnectionWish } from '../../contract/connection.ts'
import { Problem } from '../../contract/problem.ts'
import { ById } from '../../contract/scalar.ts'
import type { Access } from '../../core/access/index.ts'
import type { Database, Endpoint } from '../../core/catalog/catalog.ts'
import type { Portal } from '../../core/connect/connection-to.ts'
import type { Tls } from '../../core/connect/snippet.ts'
import { viewConnection } from '../view-connection.ts'

/** What a client can verify of this endpoint, by what the portal saw of it. */
export type TlsOf = (database: Database, endpoint: Endpoint) => Promise<Tls>

/** Below a grant, for its holder: how their client gets to what it opens. There is no token in it. */
export const connection =
  (access: Access, portal: Portal, tlsOf: TlsOf): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/:id/connection', {
      schema: {
        summary: 'What each client needs to connect, filled in but for the token',
        params: ById,
        querystring: ConnectionWish,
        response: { 200: Connection, default: Problem },
      },
      handler: async ({ actor, params, query }) => {
        const door = await access.showDoor(actor, params.id, query.endpoint)
        return viewConnection(portal, door, query, await tlsOf(door.database, door.endpoint))
      },
    })
  }
