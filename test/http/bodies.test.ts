import { Ajv } from 'ajv'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Problem } from '../../server/contract/common.ts'
import { HOST, openGrant, PUBLIC_URL, usePortal } from './portal.ts'

const portal = usePortal()
const RUNS = 1_000
const isProblem = new Ajv({ strict: false }).compile(Problem)

let cookie: string
let grant: string
const rejections: unknown[] = []
const onRejection = (reason: unknown) => void rejections.push(reason)
beforeAll(async () => {
  cookie = await portal.cookie('team', 'the generator')
  grant = await openGrant(portal, cookie, 28_800)
  process.on('unhandledRejection', onRejection)
})
afterAll(() => void process.off('unhandledRejection', onRejection))

const ABSENT = '00000000-0000-4000-8000-000000000000'
const NASTY = [
  '',
  ' ',
  '\u0000',
  '\ud800',
  '\u202e',
  '😀',
  'ｏｒｄｅｒｓ',
  '__proto__',
  'constructor',
  "'; DROP TABLE person; --",
  '$1',
  '%',
  '../../etc/passwd',
  '{{7*7}}',
  '${7*7}',
  '<img src=x onerror=alert(1)>',
  'a'.repeat(5_000),
  '1e400',
  'null',
  'true',
  '-1',
  '0x10',
] as const

const anyJson = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(...NASTY),
  fc.constantFrom<unknown>(
    0,
    -1,
    1.5,
    59,
    60,
    61,
    28_800,
    28_801,
    31_536_000,
    31_536_001,
    2 ** 53,
    -(2 ** 53),
    1e308,
  ),
)

/** A right body with one thing wrong, or anything at all, as text: JSON cannot say all that can be sent. */
function bodies(right: Record<string, unknown>): fc.Arbitrary<string> {
  const keys = Object.keys(right)
  const changed = fc
    .tuple(fc.constantFrom(...keys, 'reason'), anyJson)
    .map(([key, value]) => JSON.stringify({ ...right, [key]: value }))
  const missing = fc
    .constantFrom(...keys)
    .map((key) => JSON.stringify({ ...right, [key]: undefined }))
  const extra = fc
    .tuple(
      fc.oneof(
        fc.constantFrom(
          'role',
          'status',
          'state',
          'approvedBy',
          'personId',
          '__proto__',
          'constructor',
        ),
        fc.string(),
      ),
      anyJson,
    )
    .map(
      ([key, value]) =>
        `${JSON.stringify(right).slice(0, -1)},${JSON.stringify(key)}:${JSON.stringify(value) ?? 'null'}}`,
    )
  const twice = fc
    .constantFrom(...keys)
    .map((key) => `${JSON.stringify(right).slice(0, -1)},${JSON.stringify(key)}:1}`)
  const rough = fc.constantFrom(
    '',
    '{',
    '[]',
    'null',
    '1',
    '"x"',
    'NaN',
    '{"seconds":1e400}',
    '{"seconds":60.0000001}',
    '\ufeff{}',
    "{'a':1}",
    `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`,
    '['.repeat(10_000),
    `{"a":"${'x'.repeat(66_000)}"}`,
    '{"a":1,}',
    '\u0000',
  )
  const cut = fc.nat(JSON.stringify(right).length).map((at) => JSON.stringify(right).slice(0, at))
  return fc.oneof(changed, missing, extra, twice, rough, cut, fc.json())
}

const contentTypes = fc.oneof(
  { weight: 8, arbitrary: fc.constant('application/json') },
  fc.constantFrom(
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json\ta',
    'application/json;charset=utf-16',
    ' application/json',
    'application/jsonx',
    '',
    'application/json, text/plain',
  ),
)

async function send(
  method: 'GET' | 'POST',
  url: string,
  payload?: string,
  type?: string,
  who = cookie,
) {
  const answer = await portal.app.inject({
    method,
    url,
    headers: {
      host: HOST,
      cookie: who,
      ...(method === 'POST' && { origin: PUBLIC_URL, 'sec-fetch-site': 'same-origin' }),
      ...(type !== undefined && { 'content-type': type }),
    },
    ...(payload !== undefined && { payload }),
  })
  expect(
    answer.statusCode,
    `${method} ${url} ${type} ${payload?.slice(0, 200)} → ${answer.body.slice(0, 300)}`,
  ).toBeLessThan(500)
  if (answer.statusCode >= 400) {
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(isProblem(answer.json()), answer.body).toBe(true)
    expect(answer.body).not.toMatch(/ at \/|prisma|select |arn:|ECONN/i)
  }
  return answer
}

describe('whatever is sent, the answer is an answer', () => {
  test.each([
    ['/api/requests', { team: 'payments', database: 'orders', user: 'orders_reader', seconds: 60 }],
    ['/api/grants/:id/tokens', { endpoint: 'writer' }],
    ['/api/grants/:id/end', {}],
    ['/auth/logout', {}],
    ['/api/csp-report', { 'csp-report': {} }],
  ] as [string, Record<string, unknown>][])(
    `POST %s, ${RUNS} times`,
    async (route, right) => {
      // Ending the one grant or the session would end the test of the others.
      const id = route.endsWith('/end') ? ABSENT : grant
      const url = route.replace(':id', id)
      const who = route === '/auth/logout' ? await portal.cookie('team', 'the leaver') : cookie
      const body = Object.keys(right).length > 0 ? bodies(right) : bodies({ nothing: 1 })
      await fc.assert(
        fc.asyncProperty(body, contentTypes, async (payload, type) => {
          await send('POST', url, payload, type, who)
        }),
        { numRuns: RUNS },
      )
    },
    120_000,
  )

  test.each([
    ['/api/grants/%s/tokens', 'POST'],
    ['/api/databases/%s', 'GET'],
    ['/api/ca/%s', 'GET'],
    ['/api/audit/events?before=%s', 'GET'],
    ['/api/audit/events?limit=%s', 'GET'],
    ['/api/audit/events?%s', 'GET'],
    ['/auth/callback?code=%s&state=x', 'GET'],
    ['/auth/callback?%s', 'GET'],
    ['/auth/login?returnTo=%s', 'GET'],
    ['/api/%s', 'GET'],
    ['/%s', 'GET'],
  ] as [string, 'GET' | 'POST'][])(
    `%s, ${RUNS} times`,
    async (route, method) => {
      const part = fc.oneof(
        fc
          .constantFrom(
            ...NASTY,
            '%',
            '%E0%A4%A',
            '%00',
            '..%2f',
            '%2e%2e',
            'a&a=b',
            'limit=1&limit=2',
            '__proto__[x]=1',
            '9'.repeat(40),
          )
          .map((text) =>
            /%[0-9A-Fa-f]|^%$|&|\[/.test(text) ? text : encodeURIComponent(text.toWellFormed()),
          ),
        fc.string({ unit: 'binary' }).map((text) => encodeURIComponent(text.toWellFormed())),
        fc.webQueryParameters(),
      )
      await fc.assert(
        fc.asyncProperty(part, async (text) => {
          await send(
            method,
            route.replace('%s', text),
            method === 'POST' ? '{"endpoint":"writer"}' : undefined,
            method === 'POST' ? 'application/json' : undefined,
          )
        }),
        { numRuns: RUNS },
      )
    },
    120_000,
  )

  test('and the portal is as well as before', async () => {
    const answer = await portal.call('POST', `/api/grants/${grant}/tokens`, {
      cookie,
      body: { endpoint: 'writer' },
    })
    expect(answer.statusCode).toBe(201)
    expect(rejections).toEqual([])
  })
})

test.each([
  ['a form of another site', 'text/plain', '{"endpoint":"writer"}', 415],
  [
    'a body that is too large',
    'application/json',
    JSON.stringify({ endpoint: 'x'.repeat(66_000) }),
    413,
  ],
  ['half a body', 'application/json', '{"endpoint":', 400],
  ['nothing', 'application/json', '', 400],
  ['a number where text is needed', 'application/json', '{"endpoint":1}', 400],
  ['a list of one', 'application/json', '{"endpoint":["writer"]}', 400],
])('%s is refused with what to do', async (_what, type, payload, status) => {
  const answer = await send('POST', `/api/grants/${grant}/tokens`, payload, type)
  expect(answer.statusCode).toBe(status)
  expect(answer.json()).toMatchObject({
    status,
    code: 'invalid',
    detail: expect.stringMatching(/\.$/),
  })
})

test('what is refused is named, but its value is not repeated', async () => {
  const answer = await send(
    'POST',
    `/api/grants/${grant}/tokens`,
    '{"endpoint":{"secret":"hunter2"}}',
    'application/json',
  )
  expect(answer.json()).toMatchObject({ detail: 'body/endpoint is not as it must be.' })
  expect(answer.body).not.toContain('hunter2')
})
