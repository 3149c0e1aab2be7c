import type { FastifyInstance, FastifyRequest } from 'fastify'
import { DomainError } from '../core/error.ts'
import { SESSION_COOKIE } from './cookies.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The personal key that was sent, in the scope of those. */
    bearer: string
  }
}

/** RFC 6750 §2.1, with what a key can be made of; its length is bounded before anything looks at it. */
const BEARER = /^Bearer +([\w.~+/=-]{1,200})$/i

/**
 * Everything registered after this needs a personal key, in one header and nowhere else. Whose it is, and whether it works, the
 * use case finds where it has the key locked.
 */
export function requireBearer(app: FastifyInstance): void {
  app.decorateRequest('bearer', '')
  app.addHook('onRequest', async (request) => {
    const sent = sentBy(request)
    // Of two answers to "who is this" one is a mistake or a trick (RFC 6750 §2).
    if (sent.length > 1 || (sent.length === 1 && request.cookies[SESSION_COOKIE] !== undefined))
      throw new DomainError('invalid', 'The request says more than once who it is from.', {
        reason: 'two_credentials',
        mend: 'Send one key in one Authorization header, and no cookie.',
      })
    const key = BEARER.exec(sent[0] ?? '')?.[1]
    if (key === undefined)
      throw new DomainError('unauthenticated', 'This needs a personal key.', {
        reason: 'key_missing',
        mend: 'Send it as Authorization: Bearer.',
      })
    request.bearer = key
  })
}

/** Node keeps only the first where there are several, so it is counted in what came. */
const sentBy = ({ raw: { rawHeaders } }: FastifyRequest) =>
  rawHeaders.filter((_, at) => at % 2 === 1 && /^authorization$/i.test(rawHeaders[at - 1]!))
