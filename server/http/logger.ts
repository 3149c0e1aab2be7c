import type { FastifyInstance, FastifyServerOptions } from 'fastify'

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
      req: ({ method, url, ip }: { method: string; url: string; ip: string }) => ({
        method,
        path: pathOf(url),
        address: ip,
      }),
      res: ({ statusCode }: { statusCode: number }) => ({ statusCode }),
      err: plainError,
    },
  }
}

/** One line per request, when it is answered. */
export function logRequests(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    const { method, url, ip } = request
    const line = {
      method,
      path: pathOf(url),
      route: request.routeOptions.url,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
      address: ip,
    }
    if (reply.statusCode >= 500) request.log.error(line, 'answered')
    else if (!request.routeOptions.config.probe) request.log.info(line, 'answered')
  })
}

export const pathOf = (url: string) => url.split('?', 1)[0]?.slice(0, 512) ?? ''

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
