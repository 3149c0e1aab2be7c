import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Actor } from '../core/actor.ts'
import { DomainError, notFound } from '../core/error.ts'
import type { Record, Session, SessionStore } from '../core/person/ports.ts'
import { SESSION_COOKIE } from './cookies.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; set in every scope but the public one. */
    actor: Actor
    session: Session
  }
  interface FastifyContextConfig {
    /** Pages ask by themselves: it does not count as use of the session. */
    background?: boolean
  }
}

/** The session of a request, if its cookie is the key of one. */
export async function sessionOf(
  request: FastifyRequest,
  sessions: SessionStore,
): Promise<Session | null> {
  const key = request.cookies[SESSION_COOKIE]
  if (key === undefined || !/^[\w-]{43}$/.test(key)) return null
  return sessions.find(key, { background: request.routeOptions.config.background ?? false })
}

/** Everything registered after this needs somebody who signed in. */
export function requireSession(app: FastifyInstance, sessions: SessionStore): void {
  app.addHook('onRequest', async (request) => {
    const session = await sessionOf(request, sessions)
    if (!session)
      throw new DomainError(
        'unauthenticated',
        'You are not signed in, or your session has ended.',
        {
          mend: 'Sign in.',
        },
      )
    request.session = session
    request.actor = { ...session.actor, address: request.ip, requestId: request.id }
  })
}

/** Everything registered after this needs more than a session. Refused looks like absent, and is recorded. */
export function requireRole(
  app: FastifyInstance,
  has: (actor: Actor) => boolean,
  record: Record,
): void {
  app.addHook('onRequest', async ({ actor, method, routeOptions }) => {
    if (has(actor)) return
    const route = routeOptions.url ?? ''
    await record({
      action: 'access.refused',
      actor: { person: actor.personId },
      subject: route,
      requestId: actor.requestId,
      address: actor.address,
      detail: { method, route, needs: routeOptions.config.permission ?? '' },
    })
    throw notFound()
  })
}
