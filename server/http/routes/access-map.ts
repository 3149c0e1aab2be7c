import { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import {
  LARGEST_CATALOG,
  MapChoices,
  MapFilter,
  MapPage,
  MapWish,
  Preview,
  PreviewWish,
  WhatIf,
  WhatIfWish,
} from '../../contract/access-map.ts'
import { Problem } from '../../contract/problem.ts'
import type { Maps } from '../../core/access/map.ts'
import { viewChoices, viewMap, viewPreview, viewReach } from '../view-access-map.ts'
import { sendFile } from './audit-export.ts'

/** The longest file, as JSON, whatever its characters take: six bytes at most. */
const BODY_LIMIT = LARGEST_CATALOG * 6 + 1_000

const FILES = { csv: 'text/csv', json: 'application/json' } as const

/** For administrators: who can reach what, and what would change that. */
export const accessMap =
  (maps: Maps): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/', {
      schema: {
        summary: 'Who can reach what, as which database user, and through which groups',
        querystring: MapWish,
        response: { 200: MapPage, default: Problem },
      },
      handler: async ({ query: { by = 'person', from = '0', ...filter } }) => {
        const start = Number(from)
        return viewMap(start, await maps.show(filter, by, start))
      },
    })

    app.get('/choices', {
      schema: {
        summary: 'What the map can be filtered by',
        response: { 200: MapChoices, default: Problem },
      },
      handler: async () => viewChoices(maps.catalog()),
    })

    app.get('/what-if', {
      schema: {
        summary: 'What somebody with these groups could do',
        querystring: WhatIfWish,
        response: { 200: WhatIf, default: Problem },
      },
      handler: async ({ query }) => {
        const groups = [...new Set([query.groups].flat())]
        const { catalog, reach } = maps.whatIf(groups)
        return { catalog: catalog.sha256, reach: viewReach(catalog, groups, reach) }
      },
    })

    app.post('/preview', {
      bodyLimit: BODY_LIMIT,
      schema: {
        summary: 'Who would gain and who would lose by another catalog; nothing of it is kept',
        body: PreviewWish,
        response: { 200: Preview, default: Problem },
      },
      handler: async ({ body }) => viewPreview(await maps.preview(body.catalog)),
    })

    for (const [format, type] of Object.entries(FILES) as [keyof typeof FILES, string][])
      app.get(`/export.${format}`, {
        // HEAD would begin an export that nobody reads.
        exposeHeadRoute: false,
        schema: {
          summary: 'All rows that the filters find, as a file; that is recorded',
          querystring: MapFilter,
          response: {
            200: { content: { [type]: { schema: Type.Unsafe<Readable>(Type.String()) } } },
            default: Problem,
          },
        },
        handler: async ({ actor, query }, reply) => {
          const { text, close } = await maps.export(actor, query, format)
          const stream = Readable.from(text, { objectMode: true, highWaterMark: 1 })
          const name = `latchkey-access-map.${format}`
          return sendFile(reply, { stream, close }, { type: `${type}; charset=utf-8`, name })
        },
      })
  }
