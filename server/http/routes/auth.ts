import { randomBytes } from 'node:crypto'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { Problem } from '../../contract/problem.ts'
import { closed } from '../../contract/scalar.ts'
import { SignedOut } from '../../contract/me.ts'
import {
  beginSignIn,
  finishSignIn,
  type SignInDeps,
  type Visit,
} from '../../core/person/sign-in.ts'
import { signOut } from '../../core/person/sign-out.ts'
import { addressOf } from '../address.ts'
import {
  clearedCookie,
  isKey,
  SESSION_COOKIE,
  sessionCookie,
  SIGN_IN_COOKIE,
  signInCookie,
} from '../cookies.ts'
import { answerRefusal } from '../sign-in-refusal.ts'

/** Signing in and out, below `/auth`, for everybody. Needs `@fastify/cookie`. */
export const authRoutes =
  (deps: SignInDeps): FastifyPluginAsync =>
  async (app) => {
    app.setErrorHandler(answerRefusal)

    // No HEAD: what looks at links before people do must not use up a sign-in.
    app.get('/login', {
      exposeHeadRoute: false,
      schema: {
        summary: 'Sign in: on to the provider',
        response: { 303: Type.Null(), default: Problem },
      },
      handler: async (request, reply) => {
        const browserKey = keyOf(request, SIGN_IN_COOKIE) ?? newKey()
        const { returnTo, again } = queryOf(request)
        const wish = { browserKey, returnTo, again: again === 'yes' }
        const url = await beginSignIn(deps, wish, visitOf(request))
        return seeOther(reply.setCookie(SIGN_IN_COOKIE, browserKey, signInCookie), url)
      },
    })

    app.get('/callback', {
      exposeHeadRoute: false,
      schema: {
        summary: 'Back from the provider',
        response: { 303: Type.Null(), default: Problem },
      },
      handler: async (request, reply) => {
        const answer = {
          browserKey: keyOf(request, SIGN_IN_COOKIE),
          query: queryOf(request),
          replaces: keyOf(request, SESSION_COOKIE),
        }
        const { key, returnTo } = await finishSignIn(deps, answer, visitOf(request))
        return seeOther(reply.setCookie(SESSION_COOKIE, key, sessionCookie), returnTo)
      },
    })

    app.post('/logout', {
      schema: {
        summary: 'Sign out',
        body: Type.Object({}, closed),
        response: { 200: SignedOut, default: Problem },
      },
      handler: async (request, reply) => {
        const out = await signOut(deps, keyOf(request, SESSION_COOKIE), visitOf(request))
        return reply
          .setCookie(SESSION_COOKIE, '', clearedCookie)
          .setCookie(SIGN_IN_COOKIE, '', clearedCookie)
          .header('clear-site-data', '"cache", "cookies", "storage"')
          .send(out)
      },
    })
  }

/** 303: whatever follows is a GET, and nothing that was posted goes on (RFC 9700 §4.12). */
const seeOther = (reply: FastifyReply, to: string) =>
  reply.header('referrer-policy', 'no-referrer').redirect(to, 303)

const newKey = () => randomBytes(32).toString('base64url')

function keyOf({ cookies }: FastifyRequest, name: string): string | undefined {
  const value = cookies[name]
  return isKey(value) ? value : undefined
}

const queryOf = ({ query }: FastifyRequest) => query as Readonly<{ [name: string]: unknown }>

function visitOf(request: FastifyRequest): Visit {
  const { id, headers } = request
  // Fetch Metadata; a browser without it, and a program, send nothing.
  const destination = headers['sec-fetch-dest']
  return {
    requestId: id,
    address: addressOf(request),
    userAgent: headers['user-agent'] ?? '',
    isNavigation: destination === undefined || destination === 'document',
  }
}
