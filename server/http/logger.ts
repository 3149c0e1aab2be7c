import type { FastifyInstance, FastifyRequest, FastifyServerOptions } from 'fastify'
import { secretIn } from '../core/audit/secret-in.ts'
import { addressOf } from './address.ts'

type Destination = { write(line: string): void }

/**
 * JSON lines. What could carry a secret has no way in: addresses are logged without their query (a sign-in answers in it),
 * headers and bodies not at all, errors by their message and stack.
 */
export function loggerOptions(level: string, stream?: Destination): FastifyServerOptions['logger'] {
  return {
    level,
    ...(stream && { stream }),
    serializers: {
      req: (request: FastifyRequest) => ({
        method: request.method,
        path: pathOf(request.url),
        address: addressOf(request),
      }),
      res: ({ statusCode }: { statusCode: number }) => ({ statusCode }),
      err: plainError,
    },
  }
}

/** One line per request, when it is answered. */
export function logRequests(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    const { method, url } = request
    const line = {
      method,
      path: pathOf(url),
      route: request.routeOptions.url,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
      address: addressOf(request),
    }
    if (reply.statusCode >= 500) request.log.error(line, 'answered')
    else if (!request.routeOptions.config.probe) request.log.info(line, 'answered')
  })
}

/** A path is no place for a secret; where one is put there by mistake, it stops here. */
function pathOf(url: string): string {
  const path = url.split('?', 1)[0]?.slice(0, 512) ?? ''
  // Part by part, for a slash may belong to a secret; and as a whole, for it may hold some.
  const parts = [...path.split('/').map(decoded), decoded(path)]
  return parts.every((part) => secretIn(part) === null)
    ? path
    : '(left out: it looked like a secret)'
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

type PlainError = {
  type: string
  code?: string
  message: string
  stack: string
  cause?: PlainError
}

/** No fields of the error but these: AWS and PostgreSQL hang requests, answers and values on theirs. */
const plainError = (error: unknown): PlainError => describe(error, 0)

function describe(error: unknown, depth: number): PlainError {
  if (!(error instanceof Error)) return { type: typeof error, message: 'not an error', stack: '' }
  const { name, message, stack = '' } = error
  const code = (error as { code?: unknown }).code
  return {
    type: name,
    ...(typeof code === 'string' && { code }),
    message,
    stack,
    ...(error.cause instanceof Error && depth < 4 && { cause: describe(error.cause, depth + 1) }),
  }
}
