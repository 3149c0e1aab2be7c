import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { CaBundles, CaFile } from '../../contract/ca.ts'
import { Problem } from '../../contract/common.ts'
import type { CaBundleSet } from '../../core/connect/ca-bundle.ts'
import { DomainError } from '../../core/error.ts'

/** Public: there is no secret in a CA bundle, and it is fetched with curl before anybody signs in. */
export const ca =
  (bundles: CaBundleSet): FastifyPluginAsyncTypebox =>
  async (app) => {
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
      handler: async ({ params }, reply) => {
        const region = params.file.slice(0, -'.pem'.length)
        const bundle = bundles.bundle(region)
        if (!bundle) throw unknownRegion(region)
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
