import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Diagnosis, DiagnosisWish } from '../../contract/diagnosis.ts'
import { Problem } from '../../contract/problem.ts'
import { ById } from '../../contract/scalar.ts'
import type { Diagnosed, DiagnoseConnection } from '../../core/diagnosis/diagnose-connection.ts'
import type { LastToken } from '../../core/diagnosis/ports.ts'

/** Bytes: of the longest text, where each character is escaped. */
const BODY_LIMIT = 131_072

/** Below a grant, for its holder: why their client does not get in. A POST, so that the text is in no address. */
export const diagnosis =
  (diagnose: DiagnoseConnection): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post('/:id/diagnosis', {
      bodyLimit: BODY_LIMIT,
      schema: {
        summary: 'Why a client does not get in, by what it said and what the portal knows',
        params: ById,
        body: DiagnosisWish,
        response: { 200: Diagnosis, default: Problem },
      },
      handler: async ({ actor, params, body }) =>
        viewDiagnosis(await diagnose(actor, params.id, body)),
    })
  }

const viewDiagnosis = ({ now, means, notes, causes, token }: Diagnosed): Diagnosis => ({
  now: now.toISOString(),
  means,
  notes,
  causes: causes.map(({ id, certainty, title, because, confirm, fix, who }) => ({
    id,
    certainty,
    title,
    because,
    confirm,
    fix,
    who,
  })),
  issued: token && viewIssued(token),
})

const viewIssued = (token: LastToken) => ({
  at: token.issuedAt.toISOString(),
  expiresAt: token.expiresAt.toISOString(),
  endpoint: token.endpoint,
  host: token.host,
  port: token.port,
  region: token.region,
  user: token.user,
  length: token.length,
  sha256: token.sha256,
})
