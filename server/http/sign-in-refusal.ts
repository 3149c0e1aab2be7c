import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { DomainError } from '../core/error.ts'
import { SignInRefused } from '../core/person/identity.ts'

/**
 * A refused sign-in as HTTP: a page for a person, a problem of status 400 for a program. Never the provider's words.
 * Everything else goes on to the portal's error handler.
 */
export function answerRefusal(
  error: FastifyError | SignInRefused,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  if (!(error instanceof SignInRefused)) throw error
  const { code, message, cause } = error
  const why = cause instanceof Error ? cause.message : undefined
  request.log.warn({ code, why }, 'a sign-in was refused')
  if (!wantsPage(request))
    throw new DomainError('invalid', message, { reason: code, mend: 'Sign in again.' })
  const query = new URLSearchParams({ code, ref: request.id })
  return reply.header('referrer-policy', 'no-referrer').redirect(`/signin/error?${query}`, 303)
}

/** A picture gets no page, whatever it accepts. */
const wantsPage = ({ headers }: FastifyRequest) =>
  (headers.accept ?? '').includes('text/html') &&
  (headers['sec-fetch-dest'] ?? 'document') === 'document'
