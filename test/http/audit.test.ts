import { describe, expect, test } from 'vitest'
import type { AuditHistogram, AuditPage, AuditStory } from '../../server/contract/audit.ts'
import type { RequestPage } from '../../server/contract/request.ts'
import { logOf } from '../store/store.ts'
import { usePortal } from './portal.ts'

const portal = usePortal()

const get = async <T>(cookie: string, url: string) =>
  (await portal.call('GET', url, { cookie })).json<T>()

/** Somebody asks, somebody else approves, a token is made, the access ends. */
async function wholeStory(subject: string) {
  const asker = await portal.cookie('team', subject)
  const body = { team: 'payments', database: 'orders', user: 'orders_writer', seconds: 600 }
  const asked = await portal.call('POST', '/api/requests', {
    cookie: asker,
    body: { ...body, reason: `INC-4711: ${subject} looks at refunds` },
  })
  const { request, version } = asked.json<RequestPage>()
  const approver = await portal.cookie('approver')
  const approved = await portal.call('POST', `/api/requests/${request.id}/approve`, {
    cookie: approver,
    body: { version },
  })
  const grant = approved.json<RequestPage>().request.grant!.id
  const token = await portal.call('POST', `/api/grants/${grant}/tokens`, {
    cookie: asker,
    body: { endpoint: 'writer' },
  })
  expect(token.statusCode, token.body).toBe(201)
  await portal.call('POST', `/api/grants/${grant}/end`, { cookie: asker, body: {} })
  return { asker, request: request.id, grant, person: request.person.id }
}

const STORY = [
  'request.created',
  'decision.made',
  'request.approved',
  'grant.started',
  'token.intent',
  'token.issued',
  'grant.ended',
]

test('from any of its events the whole story is told, oldest first, with the way to CloudTrail', async () => {
  const { request, grant } = await wholeStory('the told')
  const auditor = await portal.cookie('auditor')
  const { entries } = await get<AuditPage>(auditor, '/api/audit/events?limit=200')
  const mine = entries.filter(
    ({ detail }) => detail['request'] === request || detail['grant'] === grant,
  )
  expect(mine.map(({ action }) => action).reverse()).toEqual(STORY)

  for (const { id } of mine) {
    const story = await get<AuditStory>(auditor, `/api/audit/events/${id}`)
    expect(story.entry.id).toBe(id)
    expect(story.events.map(({ action }) => action)).toEqual(STORY)
    expect(story).toMatchObject({ requests: [request], grants: [grant], more: false })
    const [found, ...others] = story.cloudTrail
    expect(others).toEqual([])
    const issued = story.events.find(({ action }) => action === 'token.issued')!
    expect(found).toMatchObject({ event: issued.id, stsRequestId: issued.detail['stsRequestId'] })
    const texts = found!.queries.map(({ text }) => text).join('\n')
    expect(texts).toContain(`AttributeValue=${String(issued.detail['accessKeyId'])}`)
    expect(texts).toContain(String(issued.detail['sessionName']))
  }
})

describe('one’s own events', () => {
  test('are all that one did and what others did to one, and nothing else', async () => {
    const { asker, person } = await wholeStory('the own')
    await wholeStory('the other')
    const { entries } = await get<AuditPage>(asker, '/api/me/events?limit=200')
    const actions = entries.map(({ action }) => action)
    expect(actions.sort()).toEqual(
      [
        'session.started',
        'request.created',
        'grant.started',
        'token.intent',
        'token.issued',
        'grant.ended',
      ].sort(),
    )
    for (const { actor, address, detail } of entries) {
      expect([actor, detail['person']]).toContain(person)
      // From where an approver approved is not the asker's to know.
      if (actor !== person) expect(address).toBeNull()
    }
  })
})

test('every read is in the log, with what was looked for as one text', async () => {
  const auditor = await portal.cookie('auditor', 'the watched')
  const before = (await logOf(portal.store, 'audit.read')).length
  await portal.call('GET', '/api/audit/events?team=payments&action=token.issued', {
    cookie: auditor,
  })
  await portal.call('GET', '/api/audit/events?action=token.issued&team=payments', {
    cookie: auditor,
  })
  await get<AuditHistogram>(auditor, '/api/audit/histogram?text=INC-1')
  await portal.call('GET', '/api/audit/events/1', { cookie: auditor })
  const read = (await logOf(portal.store, 'audit.read')).slice(before)
  expect(read.map(({ payload_j }) => [payload_j['what'], payload_j['filter']])).toEqual([
    [undefined, 'action=token.issued&team=payments'],
    [undefined, 'action=token.issued&team=payments'],
    ['histogram', 'text=INC-1'],
    ['story', 'id=1'],
  ])
})

test.each([
  ['a cursor that was made up', 'before=bm90aGluZw'],
  [
    'a cursor with a snapshot that cannot be',
    `before=${Buffer.from('1;9:3:;1;1;1').toString('base64url')}`,
  ],
  ['300 actions', Array.from({ length: 300 }, () => 'action=a.b').join('&')],
  ['the same filter 300 times', Array.from({ length: 300 }, () => 'team=a').join('&')],
  ['a huge text', `text=${'x'.repeat(5_000)}`],
  ['a NUL', 'text=%00'],
  ['a range that ends before it begins', 'from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z'],
  ['a leap second', 'from=2016-12-31T23:59:60Z'],
  ['a filter that is not known', 'where=1'],
])('%s is refused', async (_what, query) => {
  const cookie = await portal.cookie('auditor')
  const answer = await portal.call('GET', `/api/audit/events?${query}`, { cookie })
  expect(answer.statusCode, answer.body).toBe(400)
})

test.each(["'; DROP TABLE person; --", '%', '.*', '(((', "'':*&!", '\\', '!', '🤷'])(
  'a text of %s finds what has its words, and nothing else',
  async (text) => {
    const cookie = await portal.cookie('auditor')
    const query = new URLSearchParams({ text }).toString()
    const answer = await portal.call('GET', `/api/audit/events?${query}`, { cookie })
    expect(answer.statusCode, answer.body).toBe(200)
    expect(answer.json<AuditPage>().entries).toEqual([])
  },
)
