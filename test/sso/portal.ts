import { randomUUID } from 'node:crypto'
import cookie from '@fastify/cookie'
import Fastify, { type FastifyInstance, type LightMyRequestResponse } from 'fastify'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import type { SignInRefusal } from '../../server/core/audit/event.ts'
import type { SignInDeps } from '../../server/core/person/sign-in.ts'
import { errorHandler } from '../../server/http/error-handler.ts'
import { loggerOptions, logRequests } from '../../server/http/logger.ts'
import { authRoutes } from '../../server/http/routes/auth.ts'
import { secure } from '../../server/http/security.ts'
import type { Limits } from '../../server/sso/limits.ts'
import { makeProvider, type ProviderOptions } from '../../server/sso/provider.ts'
import { sessionStore } from '../../server/store/session.ts'
import { signInStore } from '../../server/store/sign-in.ts'
import { useStore } from '../store/store.ts'
import { CLIENT, type EvilProvider, startEvilProvider } from './evil-provider.ts'

export const PUBLIC_URL = 'http://localhost:8080'
export const CALLBACK = '/auth/callback'

/** One hostile provider and one real store for a file; a portal of its own, with nothing cached, for each test. */
export function useSignIn() {
  const used = useStore() as ReturnType<typeof useStore> & {
    evil: EvilProvider
    portal: Portal
    /** Another portal on the same store. */
    portalWith(over?: Partial<ProviderOptions>, deps?: Partial<SignInDeps>): Promise<Portal>
    /** Milliseconds by which the portal's clock is ahead of the provider's. */
    ahead: number
    /** The limits of the portals of a test. Long, so that a busy machine is no slow provider; a test of time sets its own. */
    limits: Limits
  }
  const portals: Portal[] = []

  used.portalWith = async (over = {}, deps = {}) => {
    const portal = await openPortal(used, over, deps)
    portals.push(portal)
    return portal
  }
  beforeAll(async () => void (used.evil = await startEvilProvider()))
  beforeEach(async () => {
    used.ahead = 0
    used.limits = { time: 20_000, size: 64 * 1024 }
    used.evil.reset()
    used.portal = await used.portalWith()
  })
  afterEach(async () => {
    for (const portal of portals.splice(0)) await portal.app.close()
  })
  afterAll(() => used.evil?.close())
  return used
}

type Used = {
  store: ReturnType<typeof useStore>['store']
  evil: EvilProvider
  ahead: number
  limits: Limits
}
export type Portal = Awaited<ReturnType<typeof openPortal>>

async function openPortal(used: Used, over: Partial<ProviderOptions>, deps: Partial<SignInDeps>) {
  const { store, evil } = used
  const provider = makeProvider({
    issuer: evil.issuer,
    clientId: CLIENT.id,
    clientSecret: CLIENT.secret,
    clientAuth: 'basic',
    scopes: ['openid', 'profile', 'email', 'groups'],
    groupsClaim: 'groups',
    publicUrl: PUBLIC_URL,
    now: () => Date.now() + used.ahead,
    limits: used.limits,
    ...over,
  })
  const logged: string[] = []
  const logger = loggerOptions('trace', { write: (line) => void logged.push(line) })
  const app: FastifyInstance = Fastify({
    ...(logger !== undefined && { logger }),
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
  })
  app.removeContentTypeParser('text/plain')
  app.setErrorHandler(errorHandler)
  logRequests(app)
  secure(app, PUBLIC_URL)
  await app.register(cookie)
  const all: SignInDeps = {
    provider,
    signIns: signInStore(store),
    sessions: sessionStore(store),
    record: store.record,
    // All of them: here it counts what each of many is refused for.
    recordRefusal: deps.record ?? store.record,
    teamsOf: (groups) => groups.map((group) => `team of ${group}`),
    ...deps,
  }
  await app.register(authRoutes(all), { prefix: '/auth' })
  return { app, provider, logged, deps: all, browser: () => newBrowser(app, evil) }
}

export type Browser = ReturnType<typeof newBrowser>
type Headers = { [name: string]: string }

/** Keeps cookies as a browser does; follows nothing by itself. */
function newBrowser(app: FastifyInstance, evil: EvilProvider) {
  const jar = new Map<string, string>()
  const send = async (method: 'GET' | 'POST', url: string, headers: Headers = {}) => {
    const response = await app.inject({
      method,
      url,
      headers: {
        host: 'localhost:8080',
        'user-agent': 'a browser',
        ...(jar.size > 0 && {
          cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
        }),
        ...(method === 'POST' && { origin: PUBLIC_URL, 'content-type': 'application/json' }),
        ...headers,
      },
      ...(method === 'POST' && { payload: '{}' }),
    })
    for (const { name, value, maxAge } of response.cookies)
      if (maxAge === 0) jar.delete(name)
      else jar.set(name, value)
    return response
  }
  const browser = {
    jar,
    get: (url: string, headers?: Headers) => send('GET', url, headers),
    post: (url: string, headers?: Headers) => send('POST', url, headers),
    login: (returnTo = '/databases', headers?: Headers) =>
      browser.get(`/auth/login?${new URLSearchParams({ returnTo })}`, headers),
    /** Up to the door: the address with which the provider sends the browser back. */
    async toCallback(returnTo?: string): Promise<string> {
      const begun = await browser.login(returnTo)
      expect(begun.statusCode).toBe(303)
      return `${CALLBACK}?${evil.authorize(String(begun.headers.location))}`
    },
    /** The whole way. */
    async signIn(returnTo?: string): Promise<LightMyRequestResponse> {
      return browser.get(await browser.toCallback(returnTo))
    },
  }
  return browser
}

type Row = {
  people: number
  sessions: number
  refusals: { reason: SignInRefusal }[]
  started: number
}

/** What is stored, so that a test can say what an attempt has left. */
export async function stored({ store }: Pick<Used, 'store'>): Promise<Row> {
  const { rows } = await store.pool.query<Row>(`SELECT
    (SELECT count(*)::int FROM person) AS people,
    (SELECT count(*)::int FROM session) AS sessions,
    (SELECT count(*)::int FROM audit.log WHERE action = 'session.started') AS started,
    (SELECT coalesce(jsonb_agg(payload_j ORDER BY id), '[]') FROM audit.log WHERE action = 'signin.refused') AS refusals`)
  return rows[0]!
}

/**
 * The attempt ends in a refusal: 4xx, no cookie of a session, nothing stored, one event that says why,
 * and as many calls of the token endpoint as are said.
 */
export async function expectRefusal(
  used: Used,
  attempt: () => Promise<LightMyRequestResponse>,
  reason: SignInRefusal,
  tokenCalls = 1,
): Promise<LightMyRequestResponse> {
  const before = await stored(used)
  const callsBefore = used.evil.calls.token
  const response = await attempt()
  const after = await stored(used)
  const fresh = after.refusals.slice(before.refusals.length)
  expect(fresh.map((event) => event.reason)).toEqual([reason])
  expect(response.statusCode, response.body).toBe(400)
  expect(response.json()).toMatchObject({ code: 'invalid', reason, status: 400 })
  expect(response.cookies.map(({ name }) => name)).not.toContain('__Host-session')
  expect({ ...after, refusals: null }).toEqual({ ...before, refusals: null })
  expect(used.evil.calls.token - callsBefore).toBe(tokenCalls)
  return response
}

/** Signed in: back where one wanted to go, with the key of a session that the store knows. */
export async function expectArrival(
  portal: Portal,
  response: LightMyRequestResponse,
  returnTo = '/databases',
) {
  expect(response.statusCode, response.body).toBe(303)
  expect(response.headers.location).toBe(returnTo)
  const key = response.cookies.find(({ name }) => name === '__Host-session')?.value
  const session = await portal.deps.sessions.find(key ?? '')
  expect(session).not.toBeNull()
  return session!
}

/** What the portal itself may not do: the owner of the tables changes them. */
export async function asOwner({ url }: { url: string }, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(sql).finally(() => client.end())
}
