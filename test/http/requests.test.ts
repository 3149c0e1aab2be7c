import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { AccessRequest, RequestPage, Requests } from '../../server/contract/request.ts'
import { logOf, signIn } from '../store/store.ts'
import { SESSION_COOKIE } from '../../server/http/cookies.ts'
import { usePortal } from './portal.ts'

const portal = usePortal()
const BODY = {
  team: 'payments',
  database: 'orders',
  user: 'orders_writer',
  seconds: 3600,
  reason: 'INC-7: refunds hang',
}

const ask = async (cookie: string, over: object = {}) => {
  const answer = await portal.call('POST', '/api/requests', { cookie, body: { ...BODY, ...over } })
  return { answer, page: answer.json<RequestPage>() }
}
const asked = async (over: object = {}) => {
  const cookie = await portal.cookie('team', `asker-${randomUUID()}`)
  const { page } = await ask(cookie, over)
  return { cookie, id: page.request.id }
}
const show = async (cookie: string, id: string) =>
  (await portal.call('GET', `/api/requests/${id}`, { cookie })).json<RequestPage>()
const decide = (cookie: string, id: string, how: 'approve' | 'deny', body: object) =>
  portal.call('POST', `/api/requests/${id}/${how}`, { cookie, body })
const everything = async () => {
  const { rows } = await portal.store.pool.query(
    'SELECT (SELECT count(*) FROM access_request) AS requests, (SELECT count(*) FROM access_grant) AS grants',
  )
  return rows[0] as object
}

describe('how long, and from when', () => {
  test.each<[unknown, number]>([
    [0, 400],
    [-1, 400],
    [59, 400],
    [60, 201],
    [3600, 201],
    [3601, 400],
    [1e9, 400],
    [2 ** 53, 400],
    [1800.5, 400],
    ['3600', 400],
    [null, 400],
    [true, 400],
    [[3600], 400],
    [undefined, 400],
  ])('seconds %j: %i', async (seconds, status) => {
    const cookie = await portal.cookie('team', `asker-${randomUUID()}`)
    const before = await everything()
    const { answer } = await ask(cookie, { seconds })
    expect(answer.statusCode, answer.body).toBe(status)
    if (status === 400) expect(await everything()).toEqual(before)
  })

  const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString()
  test.each<[string, () => unknown, number]>([
    ['in an hour', () => inHours(1), 201],
    ['with an offset', () => inHours(1).replace('Z', '+00:00'), 201],
    ['an hour ago', () => inHours(-1), 400],
    ['in eight days', () => inHours(8 * 24), 400],
    ['without a zone', () => inHours(1).replace('Z', ''), 400],
    ['a day that is not there', () => '2030-02-30T10:00:00Z', 400],
    ['a number', () => Date.now(), 400],
    ['null', () => null, 400],
    ['words', () => 'tomorrow', 400],
    ['nothing', () => '', 400],
  ])('a start %s: %s', async (_what, startsAt, status) => {
    const cookie = await portal.cookie('team', `asker-${randomUUID()}`)
    const { answer } = await ask(cookie, { startsAt: startsAt() })
    expect(answer.statusCode, answer.body).toBe(status)
  })
})

describe('nobody decides for themselves, by whatever way', () => {
  test.each([
    ['state', 'approved'],
    ['approved', true],
    ['approvedBy', 'me'],
    ['approvals', { have: 1, need: 1 }],
    ['decisions', [{ verdict: 'approve' }]],
    ['personId', '00000000-0000-4000-8000-000000000000'],
    ['version', 'x'],
    ['__proto__', { state: 'approved' }],
  ])('a request that comes with %s is refused', async (key, value) => {
    const cookie = await portal.cookie('team', `asker-${randomUUID()}`)
    const before = await everything()
    const body = `${JSON.stringify(BODY).slice(0, -1)},${JSON.stringify(key)}:${JSON.stringify(value)}}`
    const headers = { 'content-type': 'application/json' }
    const answer = await portal.call('POST', '/api/requests', { cookie, body, headers })
    expect(answer.statusCode, answer.body).toBe(400)
    expect(await everything()).toEqual(before)
  })

  test('an asker who is approver and administrator, in two sessions, on every route', async () => {
    const groups = ['payments-engineers', 'payments-leads', 'platform-admins']
    const subject = `all-in-one-${randomUUID()}`
    const sessions = [
      await signIn(portal.store, { subject, groups }),
      await signIn(portal.store, { subject, groups }),
    ].map(({ key }) => `${SESSION_COOKIE}=${key}`) as [string, string]
    const { page } = await ask(sessions[0])
    const { id } = page.request
    const recorded = async () => (await logOf(portal.store, 'decision.refused')).length
    const before = await recorded()

    for (const cookie of sessions) {
      const { version, may, whyNot } = await show(cookie, id)
      expect({ may: may.decide, whyNot }).toEqual({
        may: false,
        whyNot: 'Nobody decides on their own request.',
      })
      for (const how of ['approve', 'deny'] as const) {
        const answer = await decide(cookie, id, how, { version, comment: 'mine' })
        expect(answer.statusCode).toBe(403)
        expect(answer.json()).toMatchObject({ reason: 'own_request' })
      }
    }
    expect(await recorded()).toBe(before + 4)
    expect((await show(sessions[0], id)).request).toMatchObject({
      state: 'pending',
      approvals: { have: 0, need: 1 },
      grant: null,
    })

    // Nor by opening it as an emergency and reviewing that.
    const { page: emergency } = await ask(sessions[0], { seconds: 600, emergency: true })
    const grant = emergency.request.grant!
    const review = await portal.call('POST', `/api/grants/${grant.id}/review`, {
      cookie: sessions[1],
      body: { comment: 'all fine' },
    })
    expect(review.statusCode).toBe(403)
  })

  test('many ids at once are no way either', async () => {
    const { cookie, id } = await asked()
    for (const [url, body] of [
      [`/api/requests/${id},${id}/approve`, {}],
      ['/api/requests/approve', { ids: [id] }],
      ['/api/requests', [BODY, BODY]],
    ] as const) {
      const answer = await portal.call('POST', url, { cookie, body })
      expect(answer.statusCode).toBeGreaterThanOrEqual(400)
      expect(answer.statusCode).toBeLessThan(500)
    }
  })
})

describe('the page of a request', () => {
  test('tells an approver who asks, what it opens, for how long, why, and what else they hold', async () => {
    const { cookie, id } = await asked()
    await ask(cookie, { user: 'orders_reader', seconds: 600 })
    const page = await show(await portal.cookie('approver'), id)
    expect(page).toMatchObject({
      request: {
        mine: false,
        database: 'orders',
        environment: 'production',
        user: 'orders_writer',
        seconds: 3600,
        reason: BODY.reason,
        state: 'pending',
        approvals: { have: 0, need: 1 },
        waitsForMe: true,
      },
      opens: { engine: 'aurora-postgresql', longest: 3600, approvers: ['payments-leads'] },
      held: [{ user: 'orders_reader', state: 'active' }],
      may: { decide: true, withdraw: false, end: false, revoke: false, review: false },
      typeName: true,
      closing: null,
    })
    // The tail of the subject tells people apart; the whole of it is the provider's affair.
    expect(page.request.person.subject).toMatch(/^….{8}$/)
  })

  test('tells how to end what is open in the database once there is a grant', async () => {
    const { cookie, id } = await asked()
    const approver = await portal.cookie('approver')
    const { version } = await show(approver, id)
    const answer = await decide(approver, id, 'approve', { version })
    expect(answer.statusCode, answer.body).toBe(200)
    const { closing, request, happenings } = await show(cookie, id)
    expect(closing!.sql).toContain(`application_name = 'latchkey/${request.grant!.id}'`)
    expect(JSON.parse(closing!.deny)).toMatchObject({
      Statement: [
        {
          Effect: 'Deny',
          Action: 'rds-db:connect',
          Resource:
            'arn:aws:rds-db:eu-west-1:111122223333:dbuser:cluster-ABCDEFGHIJKL01234/orders_writer',
        },
      ],
    })
    expect(happenings.map(({ what }) => what)).toEqual(['asked', 'approved', 'started'])
  })

  test('an old version is refused, and the page then says the new one', async () => {
    const { id } = await asked()
    const approver = await portal.cookie('approver')
    const answer = await decide(approver, id, 'approve', { version: 'of another time' })
    expect(answer.statusCode).toBe(409)
    expect(answer.json()).toMatchObject({ reason: 'version_changed' })
  })
})

describe('the lists', () => {
  const list = async (cookie: string, query: string) =>
    (await portal.call('GET', `/api/requests?${query}`, { cookie })).json<Requests>()

  test('mine are mine; what waits for me is what I can decide; all are for administrators', async () => {
    const { cookie, id } = await asked()
    const has = ({ requests }: Requests) => requests.some((request) => request.id === id)
    const [approver, administrator, stranger] = [
      await portal.cookie('approver'),
      await portal.cookie('administrator'),
      await portal.cookie('otherTeam'),
    ]
    expect(has(await list(cookie, 'view=mine'))).toBe(true)
    expect(has(await list(approver, 'view=mine'))).toBe(false)
    expect(has(await list(approver, 'view=waiting'))).toBe(true)
    expect(has(await list(administrator, 'view=waiting'))).toBe(false)
    expect(has(await list(administrator, 'view=all'))).toBe(true)
    expect(has(await list(stranger, 'view=waiting'))).toBe(false)
    const waiting = async (who: string) =>
      (await portal.call('GET', '/api/requests/waiting', { cookie: who })).json<{
        waiting: number
      }>().waiting
    const before = await waiting(approver)
    const { version } = await show(approver, id)
    await decide(approver, id, 'deny', { version, comment: 'no' })
    expect(await waiting(approver)).toBe(before - 1)
    expect(await waiting(stranger)).toBe(0)
  })

  test('pages neither skip nor repeat, while more are asked for', async () => {
    const cookie = await portal.cookie('team', `many-${randomUUID()}`)
    // Written at once, so that many share a millisecond.
    await portal.store.pool.query(
      `INSERT INTO access_request (id, person_id, team, database, db_user, seconds, state, closed_at)
       SELECT gen_random_uuid(), (SELECT id FROM person ORDER BY first_seen DESC LIMIT 1), 'payments', 'orders', 'orders_reader', n, 'denied', now()
         FROM generate_series(1, 120) n`,
    )
    const seen: AccessRequest[] = []
    let next: string | null = null
    do {
      const page: Requests = await list(cookie, next ? `before=${next}` : '')
      seen.push(...page.requests)
      next = page.next
      await ask(cookie, { user: 'orders_reader', seconds: 60 })
    } while (next)
    const old = seen.filter(({ state }) => state === 'denied').map(({ seconds }) => seconds)
    expect(old.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 120 }, (_, i) => i + 1))
    expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length)
  })

  test.each([
    ['%', false],
    ['_efunds', false],
    ['REFUNDS', true],
    ['orders_wr', true],
    ['nothing like it', false],
    ["'; DROP TABLE person; --", false],
  ])('the text %j is looked for as it is', async (text, found) => {
    const { id } = await asked()
    const administrator = await portal.cookie('administrator')
    const { requests } = await list(administrator, `view=all&text=${encodeURIComponent(text)}`)
    expect(requests.some((request) => request.id === id)).toBe(found)
  })

  test('by state', async () => {
    const { cookie, id } = await asked()
    for (const [state, found] of [
      ['pending', true],
      ['approved', false],
      ['running', false],
      ['emergency', false],
    ] as const)
      expect((await list(cookie, `state=${state}`)).requests.some((one) => one.id === id)).toBe(
        found,
      )
  })
})
