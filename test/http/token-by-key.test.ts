import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import type { TokenFacts } from '../../server/contract/key.ts'
import type { PersonalKey } from '../../server/core/key/key.ts'
import { newKeyText } from '../../server/core/key/key-text.ts'
import { asSuperuser } from '../store/mint-scenes.ts'
import { logOf, signIn } from '../store/store.ts'
import { routesOf } from './declared.ts'
import { CATALOG, catalogOf, HOST, openGrant, PUBLIC_URL, usePortal } from './portal.ts'

const portal = usePortal()
const WISH = { database: 'orders', user: 'orders_reader' }
let cookie: string
let grant: string
let text: string
let key: PersonalKey

beforeEach(async () => {
  cookie = await portal.cookie('team', randomUUID())
  grant = await openGrant(portal, cookie)
  ;({ text, key } = await portal.key(cookie))
})

const ask = (wish: object = WISH, as = text) => portal.byKey(as, wish)
const events = async () =>
  (await logOf(portal.store)).filter(
    ({ actor, action }) => actor === key.personId && /^(key|token)\./.test(action),
  )
const owner = (sql: string, values: unknown[] = [key.id]) =>
  asSuperuser(portal.url, (client) => client.query(sql, values))
const bare = (answer: { body: string }) => ({
  ...(JSON.parse(answer.body) as object),
  requestId: '',
})

describe('a key fetches a token', () => {
  test('as text, and nothing else; recorded as every token, with the key that asked', async () => {
    const answer = await ask()

    expect(answer.statusCode, answer.body).toBe(201)
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8')
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.body).toMatch(
      /^orders\.cluster-c1a2b3c4d5e6\.eu-west-1\S+DBUser=orders_reader\S+\n$/,
    )
    const told = await events()
    const via = { via: 'key', key: key.id, keyPrefix: key.prefix, grant }
    expect(told).toMatchObject([
      { action: 'token.intent', payload_j: via },
      { action: 'token.issued', payload_j: via },
    ])
    const kept = JSON.stringify(await logOf(portal.store)) + portal.lines.join('')
    expect(kept).not.toContain(text.slice(8))
    expect(kept).not.toMatch(/X-Amz-Signature/)
  })

  test('as JSON with what a client needs, for the endpoint that was said', async () => {
    const answer = await portal.byKey(
      text,
      { ...WISH, endpoint: 'reader' },
      { accept: 'application/json' },
    )
    const { token, ...facts } = answer.json<TokenFacts>()

    expect(token).toContain('DBUser=orders_reader')
    expect(facts).toMatchObject({
      engine: 'aurora-postgresql',
      region: 'eu-west-1',
      host: 'orders.cluster-ro-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com',
      hostaddr: null,
      dialHost: null,
      port: 5432,
      dbname: 'orders',
      user: 'orders_reader',
      applicationName: `latchkey/${grant}`,
      caUrl: `${PUBLIC_URL}/api/ca/eu-west-1.pem`,
    })
    expect(facts.seconds).toBeGreaterThan(880)
  })

  test('without a session: signing out ends no key', async () => {
    await portal.call('POST', '/auth/logout', { cookie, body: {} })
    expect((await ask()).statusCode).toBe(201)
  })

  test('of the grant that lasts longest, and of one that works before one that does not', async () => {
    await openGrant(portal, cookie, 60)
    await ask()
    expect((await events()).at(-1)).toMatchObject({ payload_j: { grant } })
  })

  test('and its use is written down, once a minute at most', async () => {
    const lastUse = async () =>
      (await owner('SELECT last_used_at::text AS at FROM personal_key WHERE id = $1')).rows as [
        { at: string | null },
      ]
    expect(await lastUse()).toEqual([{ at: null }])
    await ask()
    const [first] = await lastUse()
    await ask()
    expect(await lastUse()).toEqual([first])
  })

  test('for twenty calls at once, each recorded', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask()))
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([201]))
    expect((await events()).filter(({ action }) => action === 'token.issued')).toHaveLength(20)
  })
})

describe('a key that does not work', () => {
  const kill = {
    expired: `UPDATE personal_key SET created_at = created_at - interval '2 hours', expires_at = clock_timestamp() WHERE id = $1`,
    ended: `UPDATE personal_key SET ended_at = clock_timestamp(), ended_by = person_id WHERE id = $1`,
  }

  test('is one answer, whether it was guessed, altered, has expired or has ended', async () => {
    const guessed = await ask(WISH, newKeyText())
    const altered = await ask(WISH, text.slice(0, -1) + (text.endsWith('0') ? '1' : '0'))
    const other = await portal.key(cookie)
    await owner(kill.expired)
    await owner(kill.ended, [other.key.id])
    const answers = [guessed, altered, await ask(), await ask(WISH, other.text)]

    expect(answers.map(({ statusCode }) => statusCode)).toEqual([401, 401, 401, 401])
    expect(bare(guessed)).toMatchObject({ code: 'unauthenticated', reason: 'key_refused' })
    for (const answer of answers) expect(bare(answer)).toEqual(bare(guessed))
    expect(portal.stsCalls).toEqual([])
    expect(await events()).toMatchObject([
      { action: 'key.refused', payload_j: { what: 'token', why: 'expired', key: key.id } },
      { action: 'key.refused', payload_j: { what: 'token', why: 'ended', key: other.key.id } },
    ])
  })

  test('is in the log once a minute, and one that never was never', async () => {
    await owner(kill.ended)
    const before = (await logOf(portal.store)).length
    for (let i = 0; i < 5; i++) await ask()
    for (let i = 0; i < 5; i++) await ask(WISH, newKeyText())
    expect(await logOf(portal.store)).toHaveLength(before + 1)
  })

  test('costs the database the same, whether it was guessed or has ended', async () => {
    const statements: string[] = []
    const watched = new WeakSet<object>()
    portal.store.pool.on('acquire', (client) => {
      if (watched.has(client)) return
      watched.add(client)
      const { query } = client
      client.query = ((...args: Parameters<typeof query>) => {
        const [sent] = args as unknown as [string | { text: string }]
        statements.push(typeof sent === 'string' ? sent : sent.text)
        return query.apply(client, args)
      }) as typeof query
    })
    const during = async (as: string) => {
      statements.length = 0
      expect((await ask(WISH, as)).statusCode).toBe(401)
      return [...statements]
    }
    await owner(kill.ended)
    await ask()

    const guessed = await during(newKeyText())
    expect(guessed.length).toBeGreaterThan(4)
    expect(await during(text)).toEqual(guessed)
  })

  test('that was mistyped is refused without the database', async () => {
    let asked = 0
    const count = () => void (asked += 1)
    portal.store.pool.on('acquire', count)
    const answer = await ask(WISH, `lk_${'A'.repeat(49)}`)
    portal.store.pool.off('acquire', count)
    expect(answer.statusCode).toBe(401)
    expect(asked).toBe(0)
  })
})

describe('a key gives no more than its owner has', () => {
  const refused = async (
    answer: { statusCode: number; body: string },
    status: number,
    why: string,
  ) => {
    expect(answer.statusCode, answer.body).toBe(status)
    expect(JSON.parse(answer.body)).toMatchObject({ reason: why })
    expect(await events()).toMatchObject([
      {
        action: 'key.refused',
        payload_j: { what: 'token', why, key: key.id, prefix: key.prefix, ...WISH },
      },
    ])
    expect(portal.stsCalls).toEqual([])
  }

  test('nothing once they have left the team by a newer sign-in', async () => {
    const { rows } = await owner('SELECT p.subject FROM person p WHERE p.id = $1', [key.personId])
    await signIn(portal.store, { subject: (rows[0] as { subject: string }).subject, groups: [] })
    await refused(await ask(), 403, 'team_left')
  })

  test('nothing once the team has lost its group in the catalog', async () => {
    portal.catalog = catalogOf(CATALOG.replace('[payments-engineers]', '[others]'))
    await refused(await ask(), 403, 'team_left')
  })

  test('nothing once the rule is gone', async () => {
    portal.catalog = catalogOf(CATALOG.replace('user: orders_reader', 'user: orders_other'))
    await refused(await ask(), 403, 'rule_gone')
  })

  test('nothing once their last sign-in is too old, until they sign in again', async () => {
    await owner(
      `UPDATE person SET signed_in_at = clock_timestamp() - interval '24 hours' WHERE id = $1`,
      [key.personId],
    )
    await refused(await ask(), 403, 'sign_in_old')
    const { rows } = await owner('SELECT p.subject FROM person p WHERE p.id = $1', [key.personId])
    await signIn(portal.store, { subject: (rows[0] as { subject: string }).subject })
    expect((await ask()).statusCode).toBe(201)
  })

  test('nothing where no grant is open, and says where to ask', async () => {
    await portal.call('POST', `/api/grants/${grant}/end`, { cookie, body: {} })
    const answer = await ask()
    await refused(answer, 404, 'no_grant')
    expect(answer.json()).toMatchObject({ mend: `Ask for it at ${PUBLIC_URL}/db/orders` })
  })

  test('nothing of somebody else’s grant, which looks like one that is not there', async () => {
    const other = await portal.cookie('team', randomUUID())
    const { text: theirs } = await portal.key(other)
    const foreign = await ask(WISH, theirs)
    const absent = await ask({ database: 'orders', user: 'nobody' })
    expect(foreign.statusCode).toBe(404)
    expect(bare(foreign)).toEqual(bare(absent))
  })

  test('nothing for an endpoint that is not there', async () => {
    await refused(await ask({ ...WISH, endpoint: 'nowhere' }), 400, 'no_such_endpoint')
  })

  test('nothing after all access of them was ended', async () => {
    await portal.call('POST', `/api/people/${key.personId}/end-access`, {
      cookie: await portal.cookie('administrator'),
      body: { reason: 'a drill' },
    })
    expect((await ask()).statusCode).toBe(401)
    expect(portal.stsCalls).toEqual([])
  })
})

describe('a key is for one thing', () => {
  test('on every other route it is as if there were nothing', async () => {
    const routes = routesOf(portal.app.declaredRoutes).filter(
      ({ permission, url }) => permission !== 'public' && url !== '/api/token',
    )
    expect(routes.length).toBeGreaterThan(25)
    for (const { method, url } of routes) {
      const answer = await portal.app.inject({
        method: method as 'GET',
        url: url.replace(':id', grant).replace(':name', 'orders'),
        headers: {
          host: HOST,
          authorization: `Bearer ${text}`,
          ...(method === 'POST' && { origin: PUBLIC_URL, 'content-type': 'application/json' }),
        },
        ...(method === 'POST' && { payload: '{}' }),
      })
      expect(answer.statusCode, `${method} ${url}`).toBe(401)
    }
  })

  test.each([
    ['with a cookie beside it', () => ({ cookie }), 400, 'two_credentials'],
    ['in capitals', () => ({ authorization: `BEARER ${text}` }), 201, undefined],
    ['as a password', () => ({ authorization: `Basic ${btoa(`x:${text}`)}` }), 401, 'key_missing'],
    ['with more after it', () => ({ authorization: `Bearer ${text} x` }), 401, 'key_missing'],
    ['with a comma', () => ({ authorization: `Bearer ${text}, Bearer x` }), 401, 'key_missing'],
    ['from a page of another site', () => ({ origin: 'https://evil.example' }), 201, undefined],
  ])('%s', async (_how, headers, status, reason) => {
    const answer = await portal.byKey(text, WISH, headers())
    expect(answer.statusCode, answer.body).toBe(status)
    if (reason) expect(answer.json()).toMatchObject({ reason })
  })

  test.each(['query', 'cookie'])('never in a %s', async (place) => {
    const answer = await portal.app.inject({
      method: 'POST',
      url: place === 'query' ? `/api/token?access_token=${text}&key=${text}` : '/api/token',
      headers: { host: HOST, ...(place === 'cookie' && { cookie: `key=${text}` }) },
      payload: WISH,
    })
    expect(answer.statusCode).toBe(401)
    expect(portal.lines.join('')).not.toContain(text)
  })

  test('never by GET', async () => {
    const headers = { host: HOST, authorization: `Bearer ${text}` }
    for (const method of ['GET', 'HEAD'] as const) {
      const query = new URLSearchParams(WISH)
      const answer = await portal.app.inject({ method, url: `/api/token?${query}`, headers })
      expect(answer.statusCode).toBe(404)
    }
    expect(await events()).toEqual([])
  })
})
