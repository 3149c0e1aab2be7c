import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import {
  AuditStatus,
  BySeq,
  ConsistencyProof,
  ConsistencyWish,
  InclusionProof,
  ProofWish,
  RunningVerification,
  VerificationWish,
} from '../../contract/audit-proof.ts'
import { Problem } from '../../contract/problem.ts'
import type { Sealing } from '../../core/audit/ports.ts'
import type { AuditProofs } from '../../core/audit/proofs.ts'
import type { Verification } from '../../core/audit/verification.ts'
import { DomainError } from '../../core/error.ts'
import { viewRunning, viewStatus } from '../view-audit-status.ts'

export type ProofParts = {
  proofs: AuditProofs
  verification: Verification
  sealing: () => Sealing
}

/** What somebody who does not trust the portal needs of it. Hashes say nothing about anybody: reading them is not recorded. */
export const auditProof =
  ({ proofs, verification, sealing }: ProofParts): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/checkpoint', {
      schema: {
        summary: 'The newest signed checkpoint (c2sp.org/tlog-checkpoint)',
        response: { 200: Type.String({ description: 'A signed note' }), default: Problem },
      },
      handler: async (_request, reply) => {
        const note = await proofs.checkpoint()
        if (note === null) throw notSealed()
        return reply.type('text/plain; charset=utf-8').send(note)
      },
    })

    app.get('/proof/:seq', {
      schema: {
        summary: 'That an event is in the log',
        params: BySeq,
        querystring: ProofWish,
        response: { 200: InclusionProof, default: Problem },
      },
      handler: async ({ params, query }) => {
        const found = await proofs.inclusion(Number(params.seq), numberOf(query.size))
        if (!found) throw notSealed()
        const { leaf, proof, root, ...rest } = found
        return { ...rest, leaf: base64(leaf), proof: proof.map(base64), root: base64(root) }
      },
    })

    app.get('/consistency', {
      schema: {
        summary: 'That an earlier log is the beginning of a later one',
        querystring: ConsistencyWish,
        response: { 200: ConsistencyProof, default: Problem },
      },
      handler: async ({ query }) => {
        const found = await proofs.consistency(Number(query.from), numberOf(query.to))
        if (!found) throw notSealed()
        const { proof, fromRoot, toRoot, ...rest } = found
        return {
          ...rest,
          proof: proof.map(base64),
          fromRoot: base64(fromRoot),
          toRoot: base64(toRoot),
        }
      },
    })

    app.get('/status', {
      schema: {
        summary: 'How the log is sealed, anchored and verified',
        response: { 200: AuditStatus, default: Problem },
      },
      handler: async () =>
        viewStatus(
          await proofs.status(),
          sealing(),
          verification.running(),
          await proofs.lastVerified(),
        ),
    })

    app.post('/verifications', {
      schema: {
        summary: 'Starts a verification in the background, or tells of the one that runs',
        body: VerificationWish,
        response: { 202: RunningVerification, default: Problem },
      },
      handler: async ({ actor, body }, reply) => {
        const { personId, requestId, address } = actor
        const asker = { actor: { person: personId }, requestId, address }
        return reply.code(202).send(viewRunning(verification.start(asker, body.from ?? 0)))
      },
    })
  }

const numberOf = (text: string | undefined) => (text === undefined ? null : Number(text))
const base64 = (hash: Buffer) => hash.toString('base64')

const notSealed = () =>
  new DomainError('not_found', 'So much of the audit log is not sealed.', {
    reason: 'not_sealed',
    mend: 'Ask for less, or wait: events are sealed within a second.',
  })
