import { beforeAll, describe, expect, test } from 'vitest'
import type { RequestPage } from '../../server/contract/request.ts'
import { SECRETS } from '../audit/secrets.ts'
import { logOf } from '../store/store.ts'
import { type Kind, openGrant, usePortal } from './portal.ts'

const portal = usePortal()
const ABSENT = '00000000-0000-4000-8000-000000000000'
const ASK = { team: 'payments', database: 'orders', user: 'orders_writer', seconds: 60 }

let grant: string
let request: string
let cookies: Record<Kind, string>
beforeAll(async () => {
  const kinds: Kind[] = ['team', 'otherTeam', 'approver', 'administrator', 'auditor', 'nobody']
  const made = await Promise.all(kinds.map(async (kind) => [kind, await portal.cookie(kind)]))
  cookies = Object.fromEntries(made) as Record<Kind, string>
  const holder = await portal.cookie('team', 'the holder')
  grant = await openGrant(portal, holder)
  const body = { ...ASK, reason: 'to repair a row' }
  const asked = await portal.call('POST', '/api/requests', { cookie: holder, body })
  request = asked.json<RequestPage>().request.id
})

async function recorded(work: () => Promise<unknown>) {
  const before = (await logOf(portal.store)).length
  await work()
  return (await logOf(portal.store))
    .slice(before)
    .map(({ action, payload_j: detail }) => ({ action, why: detail['why'] ?? detail['needs'] }))
}

type Case = [who: Kind, call: string, body: object | undefined, action: string, why: string]
const post = (who: Kind, path: string, body: object, action: string, why: string): Case => [
  who,
  `POST /api/${path}`,
  body,
  action,
  why,
]
const get = (who: Kind, path: string, action: string, why: string): Case => [
  who,
  `GET /api/${path}`,
  undefined,
  action,
  why,
]

const seen = { version: 'of another time' }
const CASES: Case[] = [
  ...[':request', ABSENT].flatMap((id) => [
    get('otherTeam', `requests/${id}`, 'view.refused', 'not_found'),
    post('otherTeam', `requests/${id}/approve`, seen, 'decision.refused', 'not_found'),
    post('otherTeam', `requests/${id}/withdraw`, {}, 'withdrawal.refused', 'not_found'),
  ]),
  ...[':grant', ABSENT].flatMap((id) => [
    get('otherTeam', `grants/${id}/connection`, 'view.refused', 'not_found'),
    post('otherTeam', `grants/${id}/end`, {}, 'grant.refused', 'not_found'),
    post('otherTeam', `grants/${id}/revoke`, { reason: 'x' }, 'grant.refused', 'not_found'),
    post('otherTeam', `grants/${id}/review`, { comment: 'x' }, 'review.refused', 'not_found'),
    post('otherTeam', `grants/${id}/tokens`, { endpoint: 'w' }, 'token.refused', 'not_found'),
  ]),
  get('otherTeam', 'databases/orders', 'view.refused', 'not_found'),
  get('otherTeam', 'databases/nowhere', 'view.refused', 'not_found'),
  get('team', 'requests?view=all', 'view.refused', 'not_found'),
  get('team', 'audit/events', 'access.refused', 'auditor'),
  get('auditor', 'setup', 'access.refused', 'administrator'),
  post(
    'auditor',
    'databases/orders/end-access',
    { reason: 'x' },
    'access.refused',
    'administrator',
  ),
  post('nobody', 'requests', ASK, 'request.refused', 'not_found'),
  post('team', 'requests', ASK, 'request.refused', 'reason_required'),
  post('team', 'requests', { ...ASK, seconds: 86_400 }, 'request.refused', 'too_long'),
  post('approver', 'requests/:request/approve', seen, 'decision.refused', 'version_changed'),
  post('administrator', 'requests/:request/approve', seen, 'decision.refused', 'not_approver'),
  post('administrator', 'grants/:grant/review', { comment: 'x' }, 'review.refused', 'no_emergency'),
]

test.each(CASES)('%s, %s %j: one %s, because of %s', async (who, call, body, action, why) => {
  const [method, url] = call.replace(':grant', grant).replace(':request', request).split(' ')
  const events = await recorded(async () => {
    const answer = await portal.call(method as 'GET', url!, {
      cookie: cookies[who],
      ...(body && { body }),
    })
    expect(answer.statusCode).toBeGreaterThanOrEqual(400)
  })

  expect(events).toEqual([{ action, why }])
})

test('a name that the catalog does not know is not kept, for it may be a secret', async () => {
  const body = { ...ASK, team: 'hunter2', database: 'hunter2', user: 'hunter2' }
  await portal.call('POST', '/api/requests', { cookie: cookies.team, body })
  await portal.call('GET', '/api/databases/hunter2', { cookie: cookies.team })
  const reason = { reason: 'a drill' }
  const url = '/api/databases/hunter2/end-access'
  const answer = await portal.call('POST', url, { cookie: cookies.administrator, body: reason })

  expect(answer.json()).toEqual({ ended: 0 })
  const { rows } = await portal.store.pool.query<{ log: string }>(
    `SELECT string_agg(l::text, ',') AS log FROM audit.log l`,
  )
  expect(rows[0]!.log).not.toContain('hunter2')
  expect(rows[0]!.log).toContain('(not in the catalog)')
})

describe.each([
  ['a reason', 'team', 'requests', ASK, 'reason', 'request.refused'],
  ['a comment', 'approver', 'requests/:request/deny', seen, 'comment', 'decision.refused'],
  ['an approval', 'approver', 'requests/:request/approve', seen, 'comment', 'decision.refused'],
  ['a revocation', 'administrator', 'grants/:grant/revoke', {}, 'reason', 'grant.refused'],
  ['a review', 'administrator', 'grants/:grant/review', {}, 'comment', 'review.refused'],
  ['an end', 'administrator', 'databases/orders/end-access', {}, 'reason', 'ending.refused'],
] as const)('%s with a secret in it', (_what, who, path, body, field, action) => {
  test.each(Object.entries(SECRETS))(
    '%s: is refused, in words, and kept nowhere',
    async (_, make) => {
      const secret = make().replaceAll('\n', '')
      const url = `/api/${path.replace(':grant', grant).replace(':request', request)}`
      const events = await recorded(async () => {
        const answer = await portal.call('POST', url, {
          cookie: cookies[who],
          body: { ...body, [field]: `see ${secret} please` },
        })
        expect(answer.statusCode).toBe(400)
        expect(answer.json()).toMatchObject({ code: 'invalid', reason: 'looks_secret' })
        expect(answer.body).not.toContain(secret.slice(0, 40))
      })

      expect(events).toEqual([{ action, why: 'looks_secret' }])
      expect(JSON.stringify(await logOf(portal.store))).not.toContain(secret.slice(-16))
      expect(portal.lines.join('\n')).not.toContain(secret.slice(-16))
    },
  )
})
