import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import type { Actor } from '../core/actor.ts'
import { notFound, notSignedIn } from '../core/error.ts'
import type { Record, Session, SessionStore } from '../core/person/ports.ts'
import { addressOf } from './address.ts'
import { isKey, SESSION_COOKIE } from './cookies.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; set in every scope that needs a session. */
    actor: Actor
    session: Session
    /** The key that was sent, in the scope that leaves it to the use case to find whose it is. */
    sessionKey: string
  }
  interface FastifyContextConfig {
    /** Pages ask by themselves: it does not count as use of the session. */
    background?: boolean
  }
}

/**
 * Sent with what a page asks for by itself, while nobody may be looking at it. Whoever sends it wrongly only shortens
 * their own session.
 */
const BACKGROUND_HEADER = 'x-latchkey-background'

/** The session of a request, if its cookie is the key of one. */
export async function sessionOf(
  request: FastifyRequest,
  sessions: SessionStore,
): Promise<Session | null> {
  const key = request.cookies[SESSION_COOKIE]
  if (!isKey(key)) return null
  return sessions.find(key, {
    background:
      request.routeOptions.config.background ?? request.headers[BACKGROUND_HEADER] !== undefined,
  })
}

/** Everything registered after this needs somebody who signed in. */
export function requireSession(app: FastifyInstance, sessions: SessionStore): void {
  app.addHook('onRequest', async (request) => {
    const session = await sessionOf(request, sessions)
    if (!session) throw notSignedIn()
    request.session = session
    request.actor = { ...session.actor, address: addressOf(request), requestId: request.id }
  })
}

/**
 * Everything registered after this needs the key of a session; whose it is, and whether it is over, the use case finds
 * where it has the session locked: to ask before would be a round trip more, and prove nothing about then.
 */
export function requireKey(app: FastifyInstance, sessions: SessionStore): void {
  app.decorateRequest('sessionKey', '')
  app.addHook('onRequest', async (request) => {
    const key = request.cookies[SESSION_COOKIE]
    if (!isKey(key)) throw notSignedIn()
    request.sessionKey = key
  })
  // What cannot be read never comes to the use case: strangers are told that they are strangers, here as elsewhere.
  app.setErrorHandler(async (error: FastifyError, { sessionKey }) => {
    const unreadable = (error.statusCode ?? 500) < 500
    if (unreadable && sessionKey && !(await sessions.find(sessionKey))) throw notSignedIn()
    throw error
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
