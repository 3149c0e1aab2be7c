import { PassThrough, Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { ZipFile } from 'yazl'
import { EvidenceFilter } from '../../contract/audit.ts'
import { Problem } from '../../contract/problem.ts'
import type { EvidencePack, MakeEvidencePack } from '../../core/audit/evidence-pack.ts'
import { DomainError } from '../../core/error.ts'
import { searchOf } from '../audit-wish.ts'
import { sendFile } from './audit-export.ts'

/** What an auditor asks for about a period and a database or team, as one ZIP file. */
export const auditEvidence =
  (makePack: MakeEvidencePack): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/evidence.zip', {
      exposeHeadRoute: false,
      schema: {
        summary:
          'Requests, access, tokens, emergencies and rules of a period, with proofs and a page to read',
        querystring: EvidenceFilter,
        response: {
          200: { content: { 'application/zip': { schema: Type.Unsafe<Readable>(Type.String()) } } },
          default: Problem,
        },
      },
      handler: async ({ actor, query }, reply) => {
        const { from, to, database, team } = searchOf(query)
        if (!from || !to || (database === undefined) === (team === undefined))
          throw new DomainError('invalid', 'A pack is about one database or one team.', {
            reason: 'scope',
            mend: 'Give either “database” or “team”.',
          })
        const pack = await makePack(actor, {
          from,
          to,
          ...(database !== undefined && { database }),
          ...(team !== undefined && { team }),
        })
        return sendFile(reply, zipped(pack), {
          type: 'application/zip',
          name: `latchkey-evidence-${database ?? team}.zip`,
        })
      },
    })
  }

/** Each file is made when its turn comes, and none is held whole. */
function zipped({ files, close }: EvidencePack) {
  const zip = new ZipFile()
  const out = new PassThrough()
  // The archive's own stream does not pass on that a file of it could not be read.
  zip.on('error', (error: Error) => out.destroy(error))
  zip.outputStream.pipe(out)
  let open: Readable | undefined
  out.once('close', () => open?.destroy())
  for (const { name, text } of files)
    zip.addReadStreamLazy(name, { mode: 0o100644 }, (ready) => {
      open = Readable.from(text(), { objectMode: true, highWaterMark: 1 })
      open.once('error', (error) => out.destroy(error))
      ready(null, open)
    })
  zip.end()
  return { stream: out, close }
}
