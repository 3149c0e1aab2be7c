import { buffer } from 'node:stream/consumers'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { ZipFile } from 'yazl'
import { ConnectionWish } from '../../contract/connection.ts'
import { Problem } from '../../contract/problem.ts'
import { ById } from '../../contract/scalar.ts'
import type { Access } from '../../core/access/index.ts'
import { kitFiles, type KitFile, kitName } from '../../core/connect/kit.ts'
import type { Portal } from '../../core/connect/connection-to.ts'
import type { CaBundleSet } from '../../core/trust/ca-bundle.ts'
import { wayOf } from '../view-connection.ts'
import type { TlsOf } from './connection.ts'

type Deps = {
  access: Access
  portal: Portal
  tlsOf: TlsOf
  bundles: CaBundleSet
  /** The helper's scripts, filled in. */
  scripts: readonly KitFile[]
}

/** Below a grant, for its holder: the files of their clients, as one ZIP file. There is no token in it. */
export const kit =
  ({ access, portal, tlsOf, bundles, scripts }: Deps): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/:id/kit', {
      // It records, and HEAD gives nothing out.
      exposeHeadRoute: false,
      schema: {
        summary:
          'What the clients import, the CA bundle, and what to do with them; without a token',
        params: ById,
        querystring: ConnectionWish,
        response: {
          200: { content: { 'application/zip': { schema: Type.Unsafe<Buffer>(Type.String()) } } },
          default: Problem,
        },
      },
      handler: async ({ actor, params, query }, reply) => {
        const shown = await access.showDoor(actor, params.id, query.endpoint)
        const way = wayOf(portal, shown, query, await tlsOf(shown.database, shown.endpoint))
        // Only what will be given out is recorded, and only then is it given out.
        const { database } = await access.takeKit(actor, params.id, query.endpoint)
        const ca = bundles.bundle(database.region)?.files() ?? []
        return reply
          .type('application/zip')
          .header('content-disposition', `attachment; filename="${kitName(way)}"`)
          .send(await zipped([...kitFiles(way, ca), ...(portal.hasKeys ? scripts : [])]))
      },
    })
  }

function zipped(files: readonly KitFile[]): Promise<Buffer> {
  const zip = new ZipFile()
  for (const { name, content } of files)
    zip.addBuffer(Buffer.from(content), name, { mode: name === 'latchkey' ? 0o100755 : 0o100644 })
  zip.end()
  return buffer(zip.outputStream)
}
