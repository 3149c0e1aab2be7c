import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { Problem } from '../contract/problem.ts'
import { DomainError, type ErrorCode } from '../core/error.ts'

const STATUS = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_many: 429,
  upstream: 502,
  unavailable: 503,
  timeout: 504,
} satisfies Record<ErrorCode, number>

/** The one place where an error becomes HTTP (RFC 9457). What is not ours is a 500 whose text stays in the log. */
export function errorHandler(
  error: FastifyError | DomainError,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const problem = { ...describe(error), requestId: request.id }
  // The log line of the request tells the rest; an error of ours needs its cause.
  if (problem.status >= 500) request.log.error({ err: error }, problem.detail)
  // Not the error's own message: Fastify repeats the address there, query and all.
  else request.log.debug({ code: problem.code, reason: problem.reason }, problem.detail)

  if (error instanceof DomainError && error.retryAfter !== undefined)
    reply.header('retry-after', Math.max(1, Math.ceil(error.retryAfter)))
  return reply.code(problem.status).type('application/problem+json').send(problem)
}

function describe(error: FastifyError | DomainError): Omit<Problem, 'requestId'> {
  if (error instanceof DomainError) {
    const { code, message, mend, reason, fields } = error
    return {
      ...head(STATUS[code]),
      detail: message,
      code,
      ...(mend && { mend }),
      ...(reason && { reason }),
      ...(fields && { fields: [...fields] }),
    }
  }
  if (error.validation) {
    const { place, mend } = explain(error)
    return {
      ...head(400),
      detail: `${place} is not as it must be.`,
      mend,
      code: 'invalid',
      reason: 'schema',
    }
  }
  const status = error.statusCode ?? 500
  if (status >= 400 && status < 500)
    return {
      ...head(status),
      detail: REFUSALS[status] ?? 'The request cannot be read.',
      code: 'invalid',
    }
  if (status === 503)
    return {
      ...head(503),
      detail: 'The portal is stopping. Try again in a moment.',
      code: 'unavailable',
    }
  return { ...head(500), detail: 'Something went wrong here, not with you.', code: 'internal' }
}

const REFUSALS: Partial<Record<number, string>> = {
  400: 'The body of the request is not JSON that can be read.',
  413: 'The body of the request is too large.',
  414: 'The address is too long.',
  421: 'The portal answers only at its own address.',
  415: 'The body must be JSON: content-type application/json.',
}

const head = (status: number) =>
  ({ type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status }) as const

/** The first thing that does not fit, in words; values are not repeated, they may be secrets pasted by mistake. */
function explain(error: FastifyError) {
  const first = error.validation?.[0]
  const place = `${error.validationContext ?? 'request'}${first?.instancePath ?? ''}`
  const extra = first?.params as { additionalProperty?: unknown } | undefined
  const mend =
    typeof extra?.additionalProperty === 'string'
      ? `Leave out “${extra.additionalProperty.slice(0, 64)}”: it is not known here.`
      : `It ${first?.message ?? 'does not fit the schema in /api/openapi.json'}.`
  return { place, mend }
}
