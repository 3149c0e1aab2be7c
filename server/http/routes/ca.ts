import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { CaBundles, CaContents, CaFile, CaRegion } from '../../contract/ca.ts'
import { Problem } from '../../contract/problem.ts'
import type { RecordDownload } from '../../core/audit/record-download.ts'
import { DomainError } from '../../core/error.ts'
import type { SessionStore } from '../../core/person/ports.ts'
import type { CaBundleSet } from '../../core/trust/ca-bundle.ts'
import { addressOf } from '../address.ts'
import { sessionOf } from '../session.ts'
import { contentsView, summaryView } from '../view-ca.ts'

type Deps = { bundles: CaBundleSet; sessions: SessionStore; recordDownload: RecordDownload }

/** Public: there is no secret in a CA bundle, and it is fetched with curl before anybody signs in. Downloads are recorded. */
export const ca =
  ({ bundles, sessions, recordDownload }: Deps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const visitor = async (request: FastifyRequest) => ({
      personId: (await sessionOf(request, sessions))?.actor.personId ?? null,
      requestId: request.id,
      address: addressOf(request),
    })
    const find = (region: string) => {
      const bundle = bundles.bundle(region)
      if (!bundle) throw unknownRegion(region)
      return bundle
    }

    app.get('/', {
      schema: {
        summary: 'The CA bundles, one a region and a global one',
        response: { 200: CaBundles, default: Problem },
      },
      handler: async () => bundles.list().map(summaryView),
    })

    app.get('/:region/certificates', {
      schema: {
        summary: 'What a bundle holds, and the files that it comes as',
        params: CaRegion,
        response: { 200: CaContents, default: Problem },
      },
      handler: async ({ params }) => contentsView(find(params.region)),
    })

    app.get('/:file', {
      schema: {
        summary: 'The bundle of one region, or the global one: /api/ca/eu-west-1.pem, global.p12',
        params: CaFile,
        response: { 200: Type.Any({ description: 'PEM, P7B, PKCS12 or JKS' }), default: Problem },
      },
      handler: async (request, reply) => {
        const [region = '', format] = request.params.file.split('.')
        const file = find(region)
          .files()
          .find((each) => each.format === format)
        if (!file) throw unknownRegion(region)
        // HEAD gives nothing out.
        if (request.method === 'GET')
          await recordDownload(await visitor(request), { region, ...file })
        return reply
          .type(file.mediaType)
          .header('content-disposition', `attachment; filename="${region}.${file.format}"`)
          .send(file.bytes)
      },
    })
  }

const unknownRegion = (region: string) =>
  new DomainError('not_found', `There is no CA bundle for ${region} in this portal.`, {
    reason: 'region_unknown',
    mend: "An administrator can give the region's bundle of AWS on the page Setup.",
  })
