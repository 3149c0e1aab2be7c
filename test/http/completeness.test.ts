import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import type { CaOffers } from '../../server/contract/ca-offer.ts'
import type { RequestPage } from '../../server/contract/request.ts'
import type { Provider } from '../../server/core/person/ports.ts'
import { authRoutes } from '../../server/http/routes/auth.ts'
import { recordRefusal } from '../../server/store/refusals.ts'
import { sessionStore } from '../../server/store/session.ts'
import { signInStore } from '../../server/store/sign-in.ts'
import { aRoot } from '../trust/roots.ts'
import { asSuperuser } from '../store/mint-scenes.ts'
import { anIdentity, signIn } from '../store/store.ts'
import { routesOf } from './declared.ts'
import { aWish } from './guide-wish.ts'
import { openGrant, usePortal } from './portal.ts'
import { useTouched } from './touched.ts'

/** Believes everybody: the way back from the provider is a route like any other here. */
const provider: Provider = {
  begin: async () => {
    const state = randomBytes(32).toString('base64url')
    return {
      url: `https://id.example.com/authorize?state=${state}`,
      secrets: { state, nonce: randomUUID(), verifier: randomUUID() },
    }
  },
  complete: async () => anIdentity({ subject: randomUUID() }),
  logoutUrl: async () => null,
}
const portal = usePortal(({ store }) => ({
  auth: authRoutes({
    provider,
    signIns: signInStore(store),
    sessions: sessionStore(store),
    record: store.record,
    recordRefusal: (event) => recordRefusal(store, event),
    teamsOf: () => [],
  }),
}))
const touched = useTouched(portal)

type Call = { url: string; cookie?: string; headers?: { authorization: string }; body?: object }
type Row = { status: number; events: string[]; prepare: () => Promise<Call> }

const person = (kind: 'team' | 'approver' | 'administrator') => portal.cookie(kind, randomUUID())
const ASK = { team: 'payments', database: 'orders', user: 'orders_writer', seconds: 60 }
const asked = async (over: object = {}) => {
  const cookie = await person('team')
  const body = { ...ASK, reason: 'to repair a row', ...over }
  const answer = await portal.call('POST', '/api/requests', { cookie, body })
  return { cookie, page: answer.json<RequestPage>() }
}
/** Signed in at this moment, as the provider says. */
const fresh = async () => {
  const { key } = await signIn(portal.store, { subject: randomUUID(), provedAt: new Date() })
  return `__Host-session=${key}`
}
const KEY = { name: 'laptop', seconds: 60 }
const granted = async () => {
  const cookie = await person('team')
  return { cookie, grant: await openGrant(portal, cookie) }
}

/** Each with a region of its own: a known root never gets another key. */
let regions = 0
const offered = async (verb: string) => {
  const cookie = await person('administrator')
  const body = { pem: await aRoot(`us-drill-${++regions}`) }
  const answer = await portal.call('POST', '/api/setup/ca', { cookie, body })
  return { url: `/api/setup/ca/${answer.json<CaOffers>().waiting[0]!.id}/${verb}`, cookie }
}

/** Every route that is not only for looking, done once with success: the events that tell of it. */
const TABLE: Record<string, Row> = {
  'GET /auth/login': { status: 303, events: [], prepare: async () => ({ url: '/auth/login' }) },
  'GET /auth/callback': {
    status: 303,
    events: ['session.started'],
    prepare: async () => {
      const begun = await portal.call('GET', '/auth/login')
      const [cookie] = begun.cookies
      const state = new URL(String(begun.headers.location)).searchParams.get('state')
      return {
        url: `/auth/callback?code=a&state=${state}`,
        cookie: `${cookie!.name}=${cookie!.value}`,
      }
    },
  },
  'POST /auth/logout': {
    status: 200,
    events: ['session.ended'],
    prepare: async () => ({ url: '/auth/logout', cookie: await person('team'), body: {} }),
  },
  'POST /api/csp-report': {
    status: 204,
    events: [],
    prepare: async () => ({ url: '/api/csp-report', body: {} }),
  },
  'POST /api/requests': {
    status: 201,
    events: ['request.created', 'grant.started'],
    prepare: async () => ({
      url: '/api/requests',
      cookie: await person('team'),
      body: { ...ASK, user: 'orders_reader' },
    }),
  },
  'POST /api/requests/:id/approve': {
    status: 200,
    events: ['decision.made', 'request.approved', 'grant.started'],
    prepare: async () => {
      const { page } = await asked()
      const cookie = await person('approver')
      const url = `/api/requests/${page.request.id}/approve`
      return { url, cookie, body: { version: page.version } }
    },
  },
  'POST /api/requests/:id/deny': {
    status: 200,
    events: ['decision.made', 'request.denied'],
    prepare: async () => {
      const { page } = await asked()
      const cookie = await person('approver')
      const url = `/api/requests/${page.request.id}/deny`
      return { url, cookie, body: { version: page.version, comment: 'not today' } }
    },
  },
  'POST /api/requests/:id/withdraw': {
    status: 200,
    events: ['request.withdrawn'],
    prepare: async () => {
      const { page, cookie } = await asked()
      return { url: `/api/requests/${page.request.id}/withdraw`, cookie, body: {} }
    },
  },
  'POST /api/grants/:id/end': {
    status: 200,
    events: ['grant.ended'],
    prepare: async () => {
      const { grant, cookie } = await granted()
      return { url: `/api/grants/${grant}/end`, cookie, body: {} }
    },
  },
  'POST /api/grants/:id/revoke': {
    status: 200,
    events: ['grant.ended'],
    prepare: async () => {
      const { grant } = await granted()
      const cookie = await person('administrator')
      return { url: `/api/grants/${grant}/revoke`, cookie, body: { reason: 'a drill' } }
    },
  },
  'POST /api/grants/:id/review': {
    status: 200,
    events: ['emergency.reviewed'],
    prepare: async () => {
      const { page } = await asked({ emergency: true, reason: 'everything is on fire' })
      const cookie = await person('administrator')
      const url = `/api/grants/${page.request.grant!.id}/review`
      return { url, cookie, body: { comment: 'as it was said' } }
    },
  },
  'POST /api/grants/:id/tokens': {
    status: 201,
    events: ['token.intent', 'token.issued'],
    prepare: async () => {
      const { grant, cookie } = await granted()
      return { url: `/api/grants/${grant}/tokens`, cookie, body: { endpoint: 'writer' } }
    },
  },
  // Only looks: the text that people paste is kept nowhere.
  'POST /api/grants/:id/diagnosis': {
    status: 200,
    events: [],
    prepare: async () => {
      const { grant, cookie } = await granted()
      return { url: `/api/grants/${grant}/diagnosis`, cookie, body: { text: 'PAM' } }
    },
  },
  'POST /api/token': {
    status: 201,
    events: ['token.intent', 'token.issued'],
    prepare: async () => {
      const { cookie } = await granted()
      const { text } = await portal.key(cookie)
      const body = { database: 'orders', user: 'orders_reader' }
      return { url: '/api/token', headers: { authorization: `Bearer ${text}` }, body }
    },
  },
  'POST /api/keys': {
    status: 201,
    events: ['key.created'],
    prepare: async () => ({ url: '/api/keys', cookie: await fresh(), body: KEY }),
  },
  'POST /api/keys/:id/end': {
    status: 200,
    events: ['key.ended'],
    prepare: async () => {
      const cookie = await person('team')
      const { key } = await portal.key(cookie)
      return { url: `/api/keys/${key.id}/end`, cookie, body: {} }
    },
  },
  'POST /api/key-codes': {
    status: 201,
    events: [],
    prepare: async () => {
      const body = { ...KEY, challenge: 'a'.repeat(43) }
      return { url: '/api/key-codes', cookie: await fresh(), body }
    },
  },
  'POST /api/keys/exchange': {
    status: 201,
    events: ['key.created'],
    prepare: async () => {
      const verifier = 'v'.repeat(43)
      const challenge = createHash('sha256').update(verifier).digest('base64url')
      const answer = await portal.call('POST', '/api/key-codes', {
        cookie: await fresh(),
        body: { ...KEY, challenge },
      })
      const { code } = answer.json<{ code: string }>()
      return { url: '/api/keys/exchange', body: { code, verifier } }
    },
  },
  'POST /api/access-map/preview': {
    status: 200,
    events: [],
    prepare: async () => ({
      url: '/api/access-map/preview',
      cookie: await person('administrator'),
      body: { catalog: 'admins: [nobody]' },
    }),
  },
  'POST /api/setup/ca': {
    status: 200,
    events: ['ca.offered'],
    prepare: async () => ({
      url: '/api/setup/ca',
      cookie: await person('administrator'),
      body: { pem: await aRoot('mx-central-1') },
    }),
  },
  'POST /api/setup/ca/refresh': {
    status: 200,
    events: ['ca.offered'],
    prepare: async () => {
      const pem = await aRoot('il-central-1')
      portal.truststore = async () => pem
      return { url: '/api/setup/ca/refresh', cookie: await person('administrator'), body: {} }
    },
  },
  'POST /api/setup/ca/:id/accept': {
    status: 200,
    events: ['ca.accepted'],
    prepare: async () => ({ ...(await offered('accept')), body: {} }),
  },
  'POST /api/setup/ca/:id/refuse': {
    status: 200,
    events: ['ca.refused'],
    prepare: async () => ({ ...(await offered('refuse')), body: {} }),
  },
  'POST /api/setup/guide': {
    status: 200,
    events: [],
    prepare: async () => ({
      url: '/api/setup/guide',
      cookie: await person('administrator'),
      body: aWish(),
    }),
  },
  'POST /api/setup/policy': {
    status: 200,
    events: [],
    prepare: async () => ({
      url: '/api/setup/policy',
      cookie: await person('administrator'),
      body: { text: '{}' },
    }),
  },
  'POST /api/people/:id/end-access': {
    status: 200,
    events: ['access.ended'],
    prepare: async () => ({
      url: `/api/people/${randomUUID()}/end-access`,
      cookie: await person('administrator'),
      body: { reason: 'a drill' },
    }),
  },
  'POST /api/databases/:name/end-access': {
    status: 200,
    events: ['grant.ended', 'access.ended'],
    prepare: async () => {
      const cookie = await person('administrator')
      await portal.call('POST', '/api/databases/orders/end-access', {
        cookie,
        body: { reason: 'what others left' },
      })
      await granted()
      return { url: '/api/databases/orders/end-access', cookie, body: { reason: 'a drill' } }
    },
  },
}
const send = (route: string, { url, ...rest }: Call) =>
  portal.call(route.split(' ')[0] as 'GET', url, rest)

const COLUMNS = '(action, actor, subject, request_id, intent_id, address, payload)'
const allow = () =>
  asSuperuser(portal.url, (client) =>
    client.query(`GRANT INSERT ${COLUMNS} ON audit.event TO latchkey_app`),
  )
const forbid = () =>
  asSuperuser(portal.url, (client) =>
    client.query('REVOKE INSERT ON audit.event FROM latchkey_app'),
  )

test('every route that is not only for looking is in the table', () => {
  const routes = routesOf(portal.app.declaredRoutes)
    .filter(({ method, url }) => method !== 'GET' || url.startsWith('/auth/'))
    .map(({ route }) => route)
    // Changes nothing, and is told when its work in the background is over: audit-proof.test.ts.
    .filter((route) => route !== 'POST /api/audit/verifications')
    // As well: what was seen is kept and told of in one transaction, in the background: probes.test.ts.
    .filter((route) => route !== 'POST /api/setup/probes')
    // Reads RDS earlier than it would by itself; what the catalog follows then is told by follow-catalog.ts.
    .filter((route) => route !== 'POST /api/setup/inventory')
    // Likewise, for each check of the database: health-checks.test.ts.
    .filter((route) => route !== 'POST /api/setup/health/:database')

  expect(routes.sort()).toEqual(Object.keys(TABLE).sort())
})

describe.each(Object.entries(TABLE))('J-07 %s', (route, { status, events, prepare }) => {
  afterEach(allow)

  test('is told by events in the transactions that changed something', async () => {
    const call = await prepare()
    await touched.forget()

    expect((await send(route, call)).statusCode).toBe(status)

    const told = await touched.events()
    expect(told.map(({ action }) => action)).toEqual(events)
    const changed = await touched.changes()
    const inTheLog = new Set(told.map(({ xid }) => xid))
    expect(changed.filter(({ xid }) => !inTheLog.has(xid))).toEqual([])
    // Of a token nothing is kept but its events; of an end that found nothing, neither.
    if (events.length > 0 && !/token|people/.test(route)) expect(changed).not.toEqual([])
    if (events.length === 0) expect(changed).toEqual([])
  })

  // What writes no event changes nothing, as was just seen.
  if (events.length === 0) return

  test('does not happen when it cannot be told', async () => {
    const call = await prepare()
    await touched.forget()
    await forbid()

    const answer = await send(route, call)

    expect(answer.statusCode, answer.body).toBe(503)
    expect(answer.json()).toMatchObject({ code: 'unavailable' })
    expect(await touched.changes()).toEqual([])
    expect(await touched.events()).toEqual([])
    expect(answer.cookies.filter(({ name }) => name === '__Host-session')).toEqual([])
  })
})

test('J-06 while the log is locked nothing changes, and afterwards everything works by itself', async () => {
  const routes = ['POST /api/requests', 'POST /api/grants/:id/tokens', 'POST /api/grants/:id/end']
  const calls = await Promise.all(
    routes.map(async (route) => [route, await TABLE[route]!.prepare()] as const),
  )
  await touched.forget()
  await asSuperuser(portal.url, async (client) => {
    await client.query('BEGIN; LOCK TABLE audit.event IN EXCLUSIVE MODE')
    const answers = await Promise.all(calls.map(([route, call]) => send(route, call)))
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([503, 503, 503])
    expect(portal.stsCalls).toEqual([])
    // Who looks only is not kept from it.
    const { cookie } = calls[0]![1]
    const looking = await portal.call('GET', '/api/grants', { ...(cookie && { cookie }) })
    expect(looking.statusCode).toBe(200)
    await client.query('ROLLBACK')
  })
  expect(await touched.changes()).toEqual([])

  const answers = []
  for (const [route, call] of calls) answers.push(await send(route, call))
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([201, 201, 200])
})
