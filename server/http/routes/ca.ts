import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { CaBundles, CaFile } from '../../contract/ca.ts'
import { Problem } from '../../contract/problem.ts'
import type { RecordDownload } from '../../core/audit/record-download.ts'
import type { CaBundleSet } from '../../core/connect/ca-bundle.ts'
import { DomainError } from '../../core/error.ts'
import type { SessionStore } from '../../core/person/ports.ts'
import { addressOf } from '../address.ts'
import { sessionOf } from '../session.ts'

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

    app.get('/', {
      schema: {
        summary: 'The CA bundles, one a region',
        response: { 200: CaBundles, default: Problem },
      },
      handler: async () =>
        bundles.list().map((bundle) => ({ ...bundle, expiresAt: bundle.expiresAt.toISOString() })),
    })

    app.get('/:file', {
      schema: {
        summary: 'The bundle of one region: /api/ca/eu-west-1.pem',
        params: CaFile,
        response: { 200: Type.String({ description: 'PEM' }), default: Problem },
      },
      handler: async (request, reply) => {
        const region = request.params.file.slice(0, -'.pem'.length)
        const bundle = bundles.bundle(region)
        if (!bundle) throw unknownRegion(region)
        // HEAD gives nothing out.
        if (request.method === 'GET') await recordDownload(await visitor(request), bundle)
        return reply
          .type('application/x-pem-file')
          .header('content-disposition', `attachment; filename="${region}.pem"`)
          .send(bundle.pem)
      },
    })
  }

const unknownRegion = (region: string) =>
  new DomainError('not_found', `There is no CA bundle for ${region} in this portal.`, {
    reason: 'region_unknown',
    mend: "Download the region's bundle from AWS and point CA_BUNDLE_FILE at it.",
  })
