import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { asSuperuser } from '../store/mint-scenes.ts'
import { logOf } from '../store/store.ts'
import { openGrant, usePortal } from './portal.ts'

const portal = usePortal()
const STRANGER = `__Host-session=${'A'.repeat(43)}`
let cookie: string
let grant: string

beforeEach(async () => {
  cookie = await portal.cookie('team')
  grant = await openGrant(portal, cookie)
})

const mint = (as?: string, id = grant, body: unknown = { endpoint: 'writer' }) =>
  portal.call('POST', `/api/grants/${id}/tokens`, { ...(as && { cookie: as }), body })
const story = async (id = grant) =>
  (await logOf(portal.store)).filter(({ payload_j }) => payload_j['grant'] === id)
const actions = async () => (await story()).map(({ action }) => action)

/** Something about the session of a cookie, by one who owns the database. */
const sessionOf = (as: string, sql: (where: string) => string) =>
  asSuperuser(portal.url, async (client) => {
    const hash = createHash('sha256').update(as.split('=')[1]!).digest('hex')
    const { rows } = await client.query<{ age: number }>(sql(`key_hash = '\\x${hash}'`))
    return rows[0]!
  })
const leftAlone = (as: string, time: string) =>
  sessionOf(
    as,
    (where) =>
      `UPDATE session SET last_seen = clock_timestamp() - interval '${time}' WHERE ${where} RETURNING 0 AS age`,
  )
const age = async (as: string) =>
  (
    await sessionOf(
      as,
      (where) =>
        `SELECT extract(epoch FROM clock_timestamp() - last_seen)::float8 AS age FROM session WHERE ${where}`,
    )
  ).age

describe('who asks for a token', () => {
  test.each([
    ['without a cookie', undefined],
    ['with one that is no key', '__Host-session=abc'],
  ])('%s is not signed in, and the database is not asked', async (_how, as) => {
    let asked = 0
    const count = () => void (asked += 1)
    portal.store.pool.on('acquire', count)
    const answer = await mint(as)
    portal.store.pool.off('acquire', count)

    expect(answer.statusCode).toBe(401)
    expect(asked).toBe(0)
  })

  test('with a key of nobody is not signed in, and nobody is accused of it', async () => {
    const before = (await logOf(portal.store)).length
    const theirs = await mint(STRANGER)
    const absent = await mint(STRANGER, '00000000-0000-4000-8000-000000000000')

    expect([theirs.statusCode, absent.statusCode]).toEqual([401, 401])
    expect(theirs.json()).toMatchObject({ code: 'unauthenticated', mend: 'Sign in.' })
    expect(await logOf(portal.store)).toHaveLength(before)
  })

  test.each([
    ['an endpoint of a wrong kind', { endpoint: 5 }, {}, 400],
    ['text that is no JSON', '{', { 'content-type': 'application/json' }, 400],
    ['a form', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
  ])('and sends %s is told so only when signed in', async (_what, body, headers, status) => {
    const send = (as: string) =>
      portal.call('POST', `/api/grants/${grant}/tokens`, { cookie: as, body, headers })

    expect((await send(cookie)).statusCode).toBe(status)
    expect((await send(STRANGER)).statusCode).toBe(401)
  })

  test.each([
    ['left alone for 30 minutes', "last_seen = clock_timestamp() - interval '30 minutes'"],
    ['10 hours old', 'ends_at = clock_timestamp()'],
  ])('in a session that is %s gets none', async (_how, change) => {
    await sessionOf(
      cookie,
      (where) => `UPDATE session SET ${change} WHERE ${where} RETURNING 0 AS age`,
    )

    expect((await mint(cookie)).statusCode).toBe(401)
    expect(await actions()).toEqual(['grant.started'])
  })

  test('in the session of somebody else is refused by name, as if nothing were there', async () => {
    const other = await portal.cookie('team', 'another of the team')
    const answer = await mint(other)

    expect(answer.statusCode).toBe(404)
    expect(await story()).toMatchObject([
      { action: 'grant.started' },
      { action: 'token.refused', payload_j: { why: 'not_found' } },
    ])
    const { rows } = await portal.store.pool.query<{ subject: string }>(
      'SELECT subject FROM person WHERE id::text = $1',
      [(await story())[1]!.actor],
    )
    expect(rows).toEqual([{ subject: 'another of the team' }])
  })
})

describe('while a mint waits for its lock', () => {
  /** Holds what the mint wants until the mint waits, then does `sql` and commits. */
  const meanwhile = (sql: string, values: unknown[]) =>
    asSuperuser(portal.url, async (client) => {
      await client.query('BEGIN')
      await client.query('SELECT FROM access_grant WHERE id = $1 FOR UPDATE', [grant])
      const answer = mint(cookie)
      const waiting = `SELECT count(*)::int AS n FROM pg_locks l JOIN pg_stat_activity a USING (pid)
                        WHERE a.datname = current_database() AND NOT l.granted`
      while ((await client.query<{ n: number }>(waiting)).rows[0]!.n === 0);
      await client.query(sql, values)
      await client.query('COMMIT')
      return answer
    })

  test('its session may end: not signed in, and no intent', async () => {
    const answer = await meanwhile(
      'DELETE FROM session WHERE person_id = (SELECT person_id FROM access_grant WHERE id = $1)',
      [grant],
    )

    expect(answer.statusCode, answer.body).toBe(401)
    expect(await actions()).toEqual(['grant.started'])
  })

  test('its grant may end: a conflict, and no intent', async () => {
    const answer = await meanwhile(
      'UPDATE access_grant SET ended_at = clock_timestamp(), ended_by = person_id WHERE id = $1',
      [grant],
    )

    expect(answer.statusCode, answer.body).toBe(409)
    expect(answer.json()).toMatchObject({ reason: 'grant_ended' })
    expect(await actions()).toEqual(['grant.started', 'token.refused'])
  })
})

describe('to ask for a token is to use the session', () => {
  test('which is written down, once a minute at most', async () => {
    await leftAlone(cookie, '29 minutes')
    expect((await mint(cookie)).statusCode).toBe(201)
    expect(await age(cookie)).toBeLessThan(60)

    await leftAlone(cookie, '30 seconds')
    expect((await mint(cookie)).statusCode).toBe(201)
    expect(await age(cookie)).toBeGreaterThan(30)
  })

  test('also when there is none', async () => {
    await leftAlone(cookie, '29 minutes')
    expect((await mint(cookie, grant, { endpoint: 'nowhere' })).statusCode).toBe(400)
    expect(await age(cookie)).toBeLessThan(60)

    await leftAlone(cookie, '29 minutes')
    expect((await mint(cookie, grant, {})).statusCode).toBe(400)
    expect(await age(cookie)).toBeLessThan(60)
  })
})
