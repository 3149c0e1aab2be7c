import { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import { AuditFilter } from '../../contract/audit.ts'
import { Problem } from '../../contract/problem.ts'
import type { ExportLog } from '../../core/audit/export-log.ts'
import { searchOf } from '../audit-wish.ts'

const FORMATS = {
  jsonl: {
    type: 'application/jsonl',
    summary: 'What the filters find, with proofs: to be verified offline',
  },
  csv: { type: 'text/csv', summary: 'What the filters find, for a spreadsheet' },
} as const

/** Whole, oldest first, at the speed of whoever reads; stopping to read ends it. */
export const auditExport =
  (exportLog: ExportLog): FastifyPluginAsyncTypebox =>
  async (app) => {
    for (const format of ['jsonl', 'csv'] as const) {
      const { type, summary } = FORMATS[format]
      app.get(`/export.${format}`, {
        // HEAD would begin an export that nobody reads.
        exposeHeadRoute: false,
        schema: {
          summary,
          querystring: AuditFilter,
          response: {
            200: { content: { [type]: { schema: Type.Unsafe<Readable>(Type.String()) } } },
            default: Problem,
          },
        },
        handler: async ({ actor, query }, reply) => {
          const { text, close } = await exportLog(actor, searchOf(query), format)
          const stream = Readable.from(text, { objectMode: true, highWaterMark: 1 })
          return sendFile(
            reply,
            { stream, close },
            { type: `${type}; charset=utf-8`, name: `latchkey-audit.${format}` },
          )
        },
      })
    }
  }

/** In ms; longer than any page of the log takes. */
const IDLE = 120_000

/** Gives a file out while it is made. `close` is called once, however the reading ends. */
export function sendFile(
  reply: FastifyReply,
  { stream, close }: { stream: Readable; close: () => Promise<void> },
  { type, name }: { type: string; name: string },
): FastifyReply {
  // Who neither reads nor goes away must not hold a place for ever.
  reply.raw.setTimeout(IDLE, () => stream.destroy())
  stream.once('close', () => void close())
  return reply
    .type(type)
    .headers({
      'content-disposition': `attachment; filename="${name}"`,
      'x-accel-buffering': 'no',
      // Kept alive after the file, the connection would hold up a stop.
      connection: 'close',
    })
    .send(stream)
}
