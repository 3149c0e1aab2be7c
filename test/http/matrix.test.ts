import { beforeAll, describe, expect, test } from 'vitest'
import type { RequestPage } from '../../server/contract/request.ts'
import { sealAll } from '../store/sealed.ts'
import { logOf } from '../store/store.ts'
import { aWish } from './guide-wish.ts'
import { GROUPS, type Kind, openGrant, usePortal } from './portal.ts'

const portal = usePortal()
const ABSENT = '00000000-0000-4000-8000-000000000000'

type Who = 'anonymous' | Kind
const WHO = ['anonymous', ...(Object.keys(GROUPS) as Kind[])] as Who[]

type Row = {
  route: string
  url: string
  body?: unknown
  /** Its answer does not end: the head is all that is looked at. */
  endless?: true
  expect: Record<Who, number>
}

const everybody = (status: number): Record<Who, number> => ({
  anonymous: status,
  team: status,
  otherTeam: status,
  auditor: status,
  administrator: status,
  approver: status,
  nobody: status,
})
const signedIn = (status: number, over: Partial<Record<Who, number>> = {}) => ({
  ...everybody(status),
  anonymous: 401,
  ...over,
})

/** `:foreign` is a grant and `:open` a request of somebody else in the team: for all but those who decide, it is as if they were not there. */
const TABLE: Row[] = [
  { route: 'GET /healthz', url: '/healthz', expect: everybody(200) },
  { route: 'GET /readyz', url: '/readyz', expect: everybody(200) },
  { route: 'GET /auth/login', url: '/auth/login', expect: everybody(303) },
  { route: 'GET /auth/callback', url: '/auth/callback?code=a&state=b', expect: everybody(400) },
  { route: 'POST /auth/logout', url: '/auth/logout', body: {}, expect: everybody(200) },
  { route: 'POST /api/csp-report', url: '/api/csp-report', body: {}, expect: everybody(204) },
  { route: 'GET /api/ca', url: '/api/ca', expect: everybody(200) },
  { route: 'GET /api/ca/:file', url: '/api/ca/eu-west-1.pem', expect: everybody(200) },
  { route: 'GET /api/ca/:file', url: '/api/ca/cn-north-1.pem', expect: everybody(404) },
  ...['eu-west-1', 'cn-north-1'].map((region): Row => ({
    route: 'GET /api/ca/:region/certificates',
    url: `/api/ca/${region}/certificates`,
    expect: everybody(region === 'eu-west-1' ? 200 : 404),
  })),
  { route: 'GET /api/openapi.json', url: '/api/openapi.json', expect: everybody(200) },
  {
    route: 'GET /api/catalog.schema.json',
    url: '/api/catalog.schema.json',
    expect: everybody(200),
  },
  { route: 'GET /helper/latchkey', url: '/helper/latchkey', expect: everybody(200) },
  { route: 'GET /helper/latchkey.ps1', url: '/helper/latchkey.ps1', expect: everybody(200) },
  // A cookie is nothing here, and a key is nothing elsewhere: keys.test.ts.
  {
    route: 'POST /api/token',
    url: '/api/token',
    body: { database: 'orders', user: 'orders_reader' },
    expect: everybody(401),
  },
  {
    route: 'POST /api/keys/exchange',
    url: '/api/keys/exchange',
    body: { code: 'A'.repeat(22), verifier: 'a'.repeat(43) },
    expect: everybody(400),
  },
  { route: 'GET /api/keys', url: '/api/keys', expect: signedIn(200) },
  // Nobody here has signed in at a provider that says when it saw them.
  {
    route: 'POST /api/keys',
    url: '/api/keys',
    body: { name: 'laptop', seconds: 60 },
    expect: signedIn(403),
  },
  {
    route: 'POST /api/key-codes',
    url: '/api/key-codes',
    body: { name: 'laptop', seconds: 60, challenge: 'a'.repeat(43) },
    expect: signedIn(403),
  },
  {
    route: 'POST /api/keys/:id/end',
    url: `/api/keys/${ABSENT}/end`,
    body: {},
    expect: signedIn(404),
  },
  { route: 'GET /api/me', url: '/api/me', expect: signedIn(200) },
  { route: 'GET /api/me/account', url: '/api/me/account', expect: signedIn(200) },
  { route: 'GET /api/databases', url: '/api/databases', expect: signedIn(200) },
  {
    route: 'GET /api/databases/:name',
    url: '/api/databases/orders',
    expect: signedIn(404, { team: 200 }),
  },
  {
    route: 'GET /api/databases/:name',
    url: '/api/databases/shipments',
    expect: signedIn(404, { otherTeam: 200 }),
  },
  { route: 'GET /api/databases/:name', url: '/api/databases/nowhere', expect: signedIn(404) },
  {
    route: 'POST /api/requests',
    url: '/api/requests',
    body: { team: 'payments', database: 'orders', user: 'orders_reader', seconds: 60 },
    expect: signedIn(404, { team: 201 }),
  },
  { route: 'GET /api/requests', url: '/api/requests', expect: signedIn(200) },
  {
    route: 'GET /api/requests',
    url: '/api/requests?view=waiting',
    expect: signedIn(200),
  },
  {
    route: 'GET /api/requests',
    url: '/api/requests?view=all',
    expect: signedIn(404, { administrator: 200 }),
  },
  { route: 'GET /api/live', url: '/api/live', endless: true, expect: signedIn(200) },
  { route: 'GET /api/requests/waiting', url: '/api/requests/waiting', expect: signedIn(200) },
  ...[':open', ABSENT].flatMap((id): Row[] => {
    const there = id === ':open'
    return [
      {
        route: 'GET /api/requests/:id',
        url: `/api/requests/${id}`,
        expect: signedIn(404, there ? { approver: 200, administrator: 200 } : {}),
      },
      {
        route: 'POST /api/requests/:id/approve',
        url: `/api/requests/${id}/approve`,
        body: { version: 'of another time' },
        expect: signedIn(404, there ? { approver: 409, administrator: 403 } : {}),
      },
      {
        route: 'POST /api/requests/:id/deny',
        url: `/api/requests/${id}/deny`,
        body: { version: 'of another time', comment: 'no' },
        expect: signedIn(404, there ? { approver: 409, administrator: 403 } : {}),
      },
      {
        route: 'POST /api/requests/:id/withdraw',
        url: `/api/requests/${id}/withdraw`,
        body: {},
        expect: signedIn(404),
      },
    ]
  }),
  ...['people/:id', 'databases/:name'].map((of): Row => ({
    route: `POST /api/${of}/end-access`,
    url: `/api/${of.replace(':id', ABSENT).replace(':name', 'nowhere')}/end-access`,
    body: { reason: 'a drill' },
    expect: signedIn(404, { administrator: 200 }),
  })),
  ...[':foreign', ABSENT].flatMap((id): Row[] => [
    {
      route: 'POST /api/grants/:id/revoke',
      url: `/api/grants/${id}/revoke`,
      body: { reason: 'a drill' },
      expect: signedIn(404, id === ABSENT ? {} : { administrator: 200 }),
    },
    {
      route: 'POST /api/grants/:id/review',
      url: `/api/grants/${id}/review`,
      body: { comment: 'fine' },
      expect: signedIn(404, id === ABSENT ? {} : { administrator: 409 }),
    },
  ]),
  { route: 'GET /api/grants', url: '/api/grants', expect: signedIn(200) },
  {
    route: 'POST /api/grants/:id/end',
    url: '/api/grants/:foreign/end',
    body: {},
    expect: signedIn(404),
  },
  {
    route: 'POST /api/grants/:id/end',
    url: `/api/grants/${ABSENT}/end`,
    body: {},
    expect: signedIn(404),
  },
  {
    route: 'POST /api/grants/:id/tokens',
    url: '/api/grants/:foreign/tokens',
    body: { endpoint: 'writer' },
    expect: signedIn(404),
  },
  {
    route: 'POST /api/grants/:id/tokens',
    url: `/api/grants/${ABSENT}/tokens`,
    body: { endpoint: 'writer' },
    expect: signedIn(404),
  },
  ...[':foreign', ABSENT].flatMap((id): Row[] =>
    ['connection', 'kit'].map((what) => ({
      route: `GET /api/grants/:id/${what}`,
      url: `/api/grants/${id}/${what}`,
      expect: signedIn(404),
    })),
  ),
  ...[':foreign', ABSENT].map((id): Row => ({
    route: 'POST /api/grants/:id/diagnosis',
    url: `/api/grants/${id}/diagnosis`,
    body: { text: 'PAM authentication failed' },
    expect: signedIn(404),
  })),
  {
    route: 'GET /api/audit/verifier',
    url: '/api/audit/verifier',
    expect: signedIn(404, { auditor: 200, administrator: 200 }),
  },
  ...['export.jsonl', 'export.csv', 'evidence.zip'].map((file): Row => ({
    route: `GET /api/audit/${file}`,
    url: `/api/audit/${file}${file.endsWith('.zip') ? '?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z&database=orders' : ''}`,
    expect: signedIn(404, { auditor: 200, administrator: 200 }),
  })),
  {
    route: 'GET /api/audit/events',
    url: '/api/audit/events',
    expect: signedIn(404, { auditor: 200, administrator: 200 }),
  },
  ...['events?person=portal', 'histogram', 'choices', 'people?text=ada', 'events/1'].map(
    (url): Row => ({
      route: `GET /api/audit/${url.replace(/\?.*/, '').replace('/1', '/:id')}`,
      url: `/api/audit/${url}`,
      expect: signedIn(404, { auditor: 200, administrator: 200 }),
    }),
  ),
  { route: 'GET /api/me/events', url: '/api/me/events', expect: signedIn(200) },
  {
    route: 'GET /api/audit/checkpoint',
    url: '/api/audit/checkpoint',
    expect: signedIn(404, { auditor: 200, administrator: 200 }),
  },
  {
    route: 'GET /api/audit/proof/:seq',
    url: '/api/audit/proof/0',
    expect: signedIn(404, { auditor: 200, administrator: 200 }),
  },
  {
    route: 'GET /api/audit/consistency',
    url: '/api/audit/consistency?from=1',
    expect: signedIn(404, { auditor: 200, administrator: 200 }),
  },
  {
    route: 'GET /api/audit/status',
    url: '/api/audit/status',
    expect: signedIn(404, { auditor: 200, administrator: 200 }),
  },
  {
    route: 'POST /api/audit/verifications',
    url: '/api/audit/verifications',
    body: {},
    expect: signedIn(404, { auditor: 202, administrator: 202 }),
  },
  ...['', '/choices', '/what-if?groups=security', '/export.csv', '/export.json'].map(
    (url): Row => ({
      route: `GET /api/access-map${url.replace(/\?.*/, '')}`,
      url: `/api/access-map${url}`,
      expect: signedIn(404, { administrator: 200 }),
    }),
  ),
  {
    route: 'GET /api/access-map',
    url: `/api/access-map?person=${ABSENT}`,
    expect: signedIn(404),
  },
  {
    route: 'POST /api/access-map/preview',
    url: '/api/access-map/preview',
    body: { catalog: 'no catalog' },
    expect: signedIn(404, { administrator: 200 }),
  },
  ...(['GET', 'POST'] as const).map((method): Row => ({
    route: `${method} /api/setup/probes`,
    url: '/api/setup/probes',
    ...(method === 'POST' && { body: {} }),
    expect: signedIn(404, { administrator: method === 'GET' ? 200 : 202 }),
  })),
  ...(['GET', 'POST'] as const).map((method): Row => ({
    route: `${method} /api/setup/inventory`,
    url: '/api/setup/inventory',
    ...(method === 'POST' && { body: {} }),
    expect: signedIn(404, { administrator: method === 'GET' ? 200 : 202 }),
  })),
  {
    route: 'GET /api/setup/health',
    url: '/api/setup/health',
    expect: signedIn(404, { administrator: 200 }),
  },
  ...(['GET', 'POST'] as const).map((method): Row => ({
    route: `${method} /api/setup/health/:database`,
    url: '/api/setup/health/orders',
    ...(method === 'POST' && { body: {} }),
    expect: signedIn(404, { administrator: method === 'GET' ? 200 : 202 }),
  })),
  {
    route: 'GET /api/setup/ca',
    url: '/api/setup/ca',
    expect: signedIn(404, { administrator: 200 }),
  },
  {
    route: 'POST /api/setup/ca',
    url: '/api/setup/ca',
    body: { pem: 'not a certificate' },
    expect: signedIn(404, { administrator: 400 }),
  },
  {
    route: 'POST /api/setup/ca/refresh',
    url: '/api/setup/ca/refresh',
    body: {},
    expect: signedIn(404, { administrator: 200 }),
  },
  ...['accept', 'refuse'].map((verb): Row => ({
    route: `POST /api/setup/ca/:id/${verb}`,
    url: `/api/setup/ca/${ABSENT}/${verb}`,
    body: {},
    expect: signedIn(404),
  })),
  {
    route: 'GET /api/setup/guide/choices',
    url: '/api/setup/guide/choices',
    expect: signedIn(404, { administrator: 200 }),
  },
  {
    route: 'POST /api/setup/guide',
    url: '/api/setup/guide',
    body: aWish(),
    expect: signedIn(404, { administrator: 200 }),
  },
  {
    route: 'POST /api/setup/policy',
    url: '/api/setup/policy',
    body: { text: '{}' },
    expect: signedIn(404, { administrator: 200 }),
  },
  { route: 'GET /api/setup', url: '/api/setup', expect: signedIn(404, { administrator: 200 }) },
  { route: 'GET /api/nothing', url: '/api/nothing', expect: everybody(404) },
]

let foreign: string
let open: string
beforeAll(async () => {
  const cookie = await portal.cookie('team', 'the holder')
  foreign = await openGrant(portal, cookie, 28_800)
  const answer = await portal.call('POST', '/api/requests', {
    cookie,
    body: { team: 'payments', database: 'orders', user: 'orders_writer', seconds: 60, reason: 'x' },
  })
  open = answer.json<RequestPage>().request.id
  await sealAll(portal.url, portal.signingKey)
})

async function ask(who: Who, { route, url, body, endless }: Row) {
  const cookie = who === 'anonymous' ? undefined : await portal.cookie(who, `matrix-${who}`)
  const [method] = route.split(' ') as ['GET' | 'POST']
  const answer = await portal.call(
    method,
    url.replace(':foreign', foreign).replace(':open', open),
    {
      ...(cookie && { cookie }),
      ...(body !== undefined && { body }),
      payloadAsStream: endless ?? false,
    },
  )
  if (endless) answer.raw.res.destroy()
  return answer
}

test('every route of the portal is in the table', () => {
  const known = new Set(TABLE.map(({ route }) => route))
  const declared = portal.app.declaredRoutes
    .flatMap(({ method, url }) =>
      [method].flat().map((each) => `${each} ${url.replace(/(.)\/$/, '$1')}`),
    )
    .filter((route) => !route.startsWith('HEAD '))

  expect(declared.length).toBeGreaterThan(15)
  expect(declared.filter((route) => !known.has(route))).toEqual([])
})

test('every route has a permission, and only the public ones answer without a session', async () => {
  for (const { url, method, config } of portal.app.declaredRoutes) {
    expect(config?.permission, url).toBeDefined()
    if (config?.permission === 'public' || [method].flat().includes('HEAD')) continue
    const answer = await portal.app.inject({
      method: [method].flat()[0] as 'GET',
      url: url.replace(':id', ABSENT).replace(/:(name|database)/, 'orders'),
      headers: {
        host: 'latchkey.example.com',
        origin: 'https://latchkey.example.com',
        'content-type': 'application/json',
      },
      ...([method].flat()[0] === 'POST' && { payload: '{}' }),
    })
    expect(answer.statusCode, url).toBe(401)
  }
})

describe.each(TABLE)('$route ($url)', (row) => {
  test.each(WHO)('for %s', async (who) => {
    const answer = await ask(who, row)
    expect(answer.statusCode, answer.body).toBe(row.expect[who])
    if (answer.statusCode >= 400)
      expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
  })
})

describe('absent and forbidden are one answer', () => {
  const bare = (body: string) => ({
    ...(JSON.parse(body) as Record<string, unknown>),
    requestId: '',
  })

  test.each([
    [
      'a database of another team',
      'GET /api/databases/:name',
      '/api/databases/shipments',
      '/api/databases/nowhere',
    ],
    ['the audit log', 'GET /api/audit/events', '/api/audit/events', '/api/audit/nothing'],
    ['the set-up', 'GET /api/setup', '/api/setup', '/api/setdown'],
    [
      'the connection of a grant of somebody else',
      'GET /api/grants/:id/connection',
      '/api/grants/:foreign/connection',
      `/api/grants/${ABSENT}/connection`,
    ],
    [
      'the client kit of a grant of somebody else',
      'GET /api/grants/:id/kit',
      '/api/grants/:foreign/kit',
      `/api/grants/${ABSENT}/kit`,
    ],
    [
      'ending a grant of somebody else',
      'POST /api/grants/:id/end',
      '/api/grants/:foreign/end',
      `/api/grants/${ABSENT}/end`,
    ],
  ])('%s', async (_what, route, there, absent) => {
    const body = route.startsWith('POST') ? {} : undefined
    const one = await ask('team', { route, url: there, body, expect: everybody(404) })
    const other = await ask('team', { route, url: absent, body, expect: everybody(404) })

    expect(bare(one.body)).toEqual(bare(other.body))
    expect(one.statusCode).toBe(other.statusCode)
    expect(Object.keys(one.headers).sort()).toEqual(Object.keys(other.headers).sort())
  })
})

test('who tries what is not theirs is in the log, and nothing else happened', async () => {
  const cookie = await portal.cookie('otherTeam', 'the curious')
  const grants = async () =>
    (
      await portal.store.pool.query(
        'SELECT count(*)::int AS n FROM access_grant WHERE ended_at IS NULL',
      )
    ).rows
  const before = await grants()
  const logged = (await logOf(portal.store)).length

  await portal.call('GET', '/api/audit/events', { cookie })
  await portal.call('GET', '/api/setup', { cookie })
  await portal.call('POST', `/api/grants/${foreign}/tokens`, {
    cookie,
    body: { endpoint: 'writer' },
  })
  await portal.call('POST', '/api/requests', {
    cookie,
    body: { team: 'payments', database: 'orders', user: 'orders_reader', seconds: 60 },
  })

  const since = (await logOf(portal.store)).slice(logged)
  expect(since.map(({ action }) => action)).toEqual(
    [
      'session.started',
      'access.refused',
      'access.refused',
      'token.refused',
      'request.refused',
    ].slice(since[0]?.action === 'session.started' ? 0 : 1),
  )
  expect(since.find(({ action }) => action === 'access.refused')).toMatchObject({
    payload_j: { method: 'GET', route: '/api/audit/events', needs: 'auditor' },
  })
  expect(await grants()).toEqual(before)
  expect(portal.stsCalls).toEqual([])
})
