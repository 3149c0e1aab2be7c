import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Token } from '../../server/contract/token.ts'
import { logOf } from '../store/store.ts'
import type { RequestPage } from '../../server/contract/request.ts'
import { catalogOf, CATALOG, openGrant, usePortal } from './portal.ts'

const portal = usePortal()
const mint = (cookie: string, grant: string, endpoint: unknown = 'writer') =>
  portal.call('POST', `/api/grants/${grant}/tokens`, { cookie, body: { endpoint } })

/** What the log has of one grant. */
const story = async (grant: string) =>
  (await logOf(portal.store)).filter(({ payload_j }) => payload_j['grant'] === grant)

describe('a rule without approval', () => {
  test('opens a grant at once, by the database’s clock, with both events', async () => {
    const cookie = await portal.cookie('team')

    const answer = await portal.call('POST', '/api/requests', {
      cookie,
      body: {
        team: 'payments',
        database: 'orders',
        user: 'orders_reader',
        seconds: 3600,
        reason: ' INC-1 ',
      },
    })

    expect(answer.statusCode).toBe(201)
    const grant = answer.json<RequestPage>().request.grant!
    expect(grant).toMatchObject({ state: 'active', usable: true, blocked: null, reason: 'INC-1' })
    expect(Date.parse(grant.endsAt) - Date.parse(grant.startsAt)).toBe(3_600_000)
    expect(await story(grant.id)).toMatchObject([{ action: 'grant.started' }])
  })

  test.each([
    ['one second too long', { seconds: 28_801 }, 400, 'too_long'],
    [
      'a team that is not theirs',
      { team: 'logistics', database: 'shipments', user: 'shipments_reader', seconds: 60 },
      404,
      undefined,
    ],
    ['a database that is not there', { database: 'nowhere' }, 404, undefined],
    ['a database user of no rule', { user: 'postgres' }, 404, undefined],
    ['a database user in other letters', { user: 'Orders_Reader' }, 404, undefined],
    [
      'no reason where one is required',
      { user: 'orders_writer', seconds: 60 },
      400,
      'reason_required',
    ],
    [
      'a reason of blanks where one is required',
      { user: 'orders_writer', seconds: 60, reason: '   ' },
      400,
      'reason_required',
    ],
  ])('refuses %s and leaves no grant', async (_what, over, status, reason) => {
    const cookie = await portal.cookie('team', `refused-${_what}`)
    const body = {
      team: 'payments',
      database: 'orders',
      user: 'orders_reader',
      seconds: 3600,
      ...over,
    }

    const answer = await portal.call('POST', '/api/requests', { cookie, body })

    expect(answer.statusCode).toBe(status)
    expect(answer.json()).toMatchObject(reason ? { reason } : { code: 'not_found' })
    const mine = await portal.call('GET', '/api/grants', { cookie })
    expect(mine.json()).toMatchObject({ grants: [] })
  })
})

describe('a token', () => {
  test('is signed for the endpoint and recorded before it is given, without itself', async () => {
    const cookie = await portal.cookie('team')
    const grant = await openGrant(portal, cookie)

    const answer = await mint(cookie, grant, 'reader')

    expect(answer.statusCode, answer.body).toBe(201)
    const token = answer.json<Token>()
    expect(token.token).toMatch(
      /^orders\.cluster-ro-c1a2b3c4d5e6\.eu-west-1\.rds\.amazonaws\.com:5432\/\?Action=connect&DBUser=orders_reader&/,
    )
    expect(Date.parse(token.expiresAt) - Date.parse(token.issuedAt)).toBe(900_000)
    const [, intent, issued] = await story(grant)
    expect(intent).toMatchObject({
      action: 'token.intent',
      payload_j: { endpoint: 'reader', user: 'orders_reader' },
    })
    expect(issued).toMatchObject({
      action: 'token.issued',
      intent_id: intent?.intent_id,
      payload_j: {
        tokenSha256: createHash('sha256').update(token.token).digest('hex'),
        tokenLength: token.token.length,
        accessKeyId: new URL(`https://${token.token}`).searchParams
          .get('X-Amz-Credential')!
          .split('/')[0],
      },
    })
    expect(JSON.stringify(await logOf(portal.store))).not.toMatch(
      /X-Amz-Signature|X-Amz-Security-Token/,
    )
    expect(portal.lines.join('')).not.toMatch(/X-Amz-Signature|X-Amz-Security-Token/)
  })

  test('names the person to AWS: session name and source identity, one ARN, the external id', async () => {
    const cookie = await portal.cookie('team', 'named')
    await mint(cookie, await openGrant(portal, cookie))

    const parameters = portal.stsCalls[0]!.parameters
    expect(parameters.get('RoleSessionName')).toMatch(/^ada\.[\w-]{43}$/)
    expect(parameters.get('SourceIdentity')).toBe(parameters.get('RoleSessionName'))
    expect(JSON.parse(parameters.get('Policy')!)).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: 'rds-db:connect',
          Resource:
            'arn:aws:rds-db:eu-west-1:111122223333:dbuser:cluster-ABCDEFGHIJKL01234/orders_reader',
        },
      ],
    })
  })

  test('of two people in one role at once comes from two sessions with two source identities', async () => {
    const one = await portal.cookie('team', 'one')
    const two = await portal.cookie('team', 'two')
    const grants = [await openGrant(portal, one), await openGrant(portal, two)]
    portal.stsCalls.length = 0

    const answers = await Promise.all([
      ...Array.from({ length: 5 }, () => mint(one, grants[0]!)),
      ...Array.from({ length: 5 }, () => mint(two, grants[1]!)),
    ])

    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(10).fill(201))
    expect(portal.stsCalls).toHaveLength(2)
    expect(
      new Set(portal.stsCalls.map(({ parameters }) => parameters.get('SourceIdentity'))).size,
    ).toBe(2)
  })

  test('is not given for somebody else’s grant, which looks like one that is not there', async () => {
    const grant = await openGrant(portal, await portal.cookie('team'))
    const other = await portal.cookie('team', 'somebody-else')

    const theirs = await mint(other, grant)
    const absent = await mint(other, '00000000-0000-4000-8000-000000000000')

    const { requestId: a, ...first } = theirs.json<{ requestId: string }>()
    const { requestId: b, ...second } = absent.json<{ requestId: string }>()
    expect(first).toEqual(second)
    expect(a).not.toBe(b)
    expect(theirs.statusCode).toBe(404)
    expect((await story(grant)).map(({ action }) => action)).toEqual([
      'grant.started',
      'token.refused',
    ])
    expect(portal.stsCalls).toEqual([])
  })

  test('is not given after its grant ended, and the end says it does not close sessions', async () => {
    const cookie = await portal.cookie('team')
    const grant = await openGrant(portal, cookie)
    const ended = await portal.call('POST', `/api/grants/${grant}/end`, { cookie, body: {} })
    expect(ended.json()).toMatchObject({ state: 'ended', usable: false })

    const answer = await mint(cookie, grant)

    expect(answer.statusCode).toBe(409)
    expect(answer.json()).toMatchObject({ reason: 'grant_ended' })
    expect((await story(grant)).map(({ action }) => action)).toEqual([
      'grant.started',
      'grant.ended',
      'token.refused',
    ])
    const again = await portal.call('POST', `/api/grants/${grant}/end`, { cookie, body: {} })
    expect(again.statusCode).toBe(409)
  })

  test.each([
    [
      'the rule was taken out',
      (text: string) => text.replace('user: orders_reader', 'user: orders_other'),
      'rule_gone',
    ],
    [
      'the team lost its group',
      (text: string) => text.replace('[payments-engineers]', '[payments-others]'),
      'team_left',
    ],
  ])('is not given once %s, and the grant says why', async (_when, change, reason) => {
    const cookie = await portal.cookie('team')
    const grant = await openGrant(portal, cookie)
    portal.catalog = catalogOf(change(CATALOG))

    const answer = await mint(cookie, grant)

    expect(answer.statusCode).toBe(403)
    expect(answer.json()).toMatchObject({ reason })
    const { grants } = (await portal.call('GET', '/api/grants', { cookie })).json<{
      grants: { id: string }[]
    }>()
    expect(grants.find(({ id }) => id === grant)).toMatchObject({
      state: 'active',
      usable: false,
      blocked: expect.any(String),
    })
    expect(portal.stsCalls).toEqual([])
  })

  test('is not given to a session that signed out while it was asked for', async () => {
    const cookie = await portal.cookie('team')
    const grant = await openGrant(portal, cookie)
    await portal.call('POST', '/auth/logout', { cookie, body: {} })

    expect((await mint(cookie, grant)).statusCode).toBe(401)
  })

  test('of an endpoint that the database does not have is refused with those it has', async () => {
    const cookie = await portal.cookie('team')
    const answer = await mint(cookie, await openGrant(portal, cookie), 'custom')

    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toMatchObject({
      reason: 'no_such_endpoint',
      mend: 'Choose one of writer, reader.',
    })
  })

  test.each([
    ['answers nonsense', { kind: 'garbage' }, [502]],
    ['fails', { kind: 'error' }, [502, 503]],
    ['throttles', { kind: 'throttle' }, [503]],
    ['hangs up', { kind: 'reset' }, [503]],
  ] as const)(
    'is not given when STS %s: the intent is closed as failed',
    async (what, fault, statuses) => {
      const cookie = await portal.cookie('team', `sts-${what}`)
      const grant = await openGrant(portal, cookie)
      portal.stsFault = fault

      const answer = await mint(cookie, grant)

      expect(statuses).toContain(answer.statusCode)
      expect(answer.body).not.toMatch(/arn:|X-Amz|ASIA/)
      expect((await story(grant)).map(({ action }) => action)).toEqual([
        'grant.started',
        'token.intent',
        'token.failed',
      ])
    },
  )
})
