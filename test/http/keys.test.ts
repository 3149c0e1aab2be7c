import { createHash, randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Keys, MadeKey } from '../../server/contract/key.ts'
import { newKeyText } from '../../server/core/key/key-text.ts'
import { SESSION_COOKIE } from '../../server/http/cookies.ts'
import { asSuperuser } from '../store/mint-scenes.ts'
import { logOf, signIn } from '../store/store.ts'
import { GROUPS, usePortal } from './portal.ts'

const portal = usePortal()

/** Somebody whom the provider saw so many seconds ago; `null` where it does not say. */
async function somebody(seconds: number | null = 0, subject: string = randomUUID()) {
  const provedAt = seconds === null ? null : new Date(Date.now() - seconds * 1000)
  const groups = [...GROUPS.team]
  const { key } = await signIn(portal.store, { subject, groups, provedAt })
  return `${SESSION_COOKIE}=${key}`
}
const make = (cookie: string, body: object = { name: 'laptop', seconds: 3600 }) =>
  portal.call('POST', '/api/keys', { cookie, body })
const keysOf = async (cookie: string) =>
  (await portal.call('GET', '/api/keys', { cookie })).json<Keys>()
const keyEvents = async () =>
  (await logOf(portal.store)).filter(({ action }) => action.startsWith('key.'))

describe('a key is made', () => {
  test('right after signing in, shown once, and only its hash is kept', async () => {
    const cookie = await somebody()
    const answer = await make(cookie, { name: ' laptop ', seconds: 3600 })

    expect(answer.statusCode, answer.body).toBe(201)
    const { text, key } = answer.json<MadeKey>()
    expect(text).toMatch(/^lk_[0-9A-Za-z]{49}$/)
    expect(key).toMatchObject({ name: 'laptop', prefix: text.slice(0, 8), state: 'works' })
    expect(Date.parse(key.expiresAt) - Date.parse(key.createdAt)).toBe(3_600_000)
    const listed = await portal.call('GET', '/api/keys', { cookie })
    expect(listed.json()).toMatchObject({ longest: 43_200, keys: [key] })
    expect(listed.body).not.toContain(text)
    const { rows } = await portal.store.pool.query<{ whole: string; hash: string }>(
      `SELECT k::text AS whole, encode(k.key_hash, 'hex') AS hash FROM personal_key k WHERE k.id = $1`,
      [key.id],
    )
    expect(rows[0]!.hash).toBe(createHash('sha256').update(text).digest('hex'))
    const everything =
      rows[0]!.whole + JSON.stringify(await logOf(portal.store)) + portal.lines.join()
    expect(everything).not.toContain(text.slice(8))
  })

  test.each([
    ['six minutes after', 301],
    ['of a provider that does not say when it saw them', null],
  ])('never %s', async (_when, seconds) => {
    const cookie = await somebody(seconds)

    expect((await keysOf(cookie)).freshUntil).toBeNull()
    const answers = [
      await make(cookie),
      await portal.call('POST', '/api/key-codes', {
        cookie,
        body: { name: 'x', seconds: 60, challenge: 'a'.repeat(43) },
      }),
    ]

    for (const answer of answers) {
      expect(answer.statusCode).toBe(403)
      expect(answer.json()).toMatchObject({ reason: 'sign_in_stale' })
    }
    expect((await keysOf(cookie)).keys).toEqual([])
    expect((await keyEvents()).slice(-2)).toMatchObject([
      { action: 'key.refused', payload_j: { what: 'make', why: 'sign_in_stale' } },
      { action: 'key.refused', payload_j: { what: 'make', why: 'sign_in_stale' } },
    ])
  })

  test.each([
    ['for longer than the operator allows', { seconds: 43_201 }, 400, 'too_long'],
    ['with a name of blanks', { name: '  ' }, 400, 'name_unreadable'],
    ['with a name that cannot be read', { name: 'lap\u202etop' }, 400, 'name_unreadable'],
    ['with a key for its name', { name: newKeyText() }, 400, 'looks_secret'],
    ['for no time', { seconds: 0 }, 400, 'schema'],
  ])('not %s', async (_what, over, status, reason) => {
    const answer = await make(await somebody(), { name: 'laptop', seconds: 3600, ...over })
    expect(answer.statusCode).toBe(status)
    expect(answer.json()).toMatchObject({ reason })
  })

  test('not at all where the operator has switched them off, and none works', async () => {
    const cookie = await somebody()
    const { text } = await portal.key(cookie)
    portal.keyLimits.longest = 0

    expect((await make(cookie)).json()).toMatchObject({ status: 403, reason: 'keys_off' })
    const answer = await portal.byKey(text, { database: 'orders', user: 'orders_reader' })
    expect(answer.json()).toMatchObject({ status: 403, reason: 'keys_off' })
  })

  test('under a name that none of one’s working keys has', async () => {
    const cookie = await somebody()
    const { key } = (await make(cookie)).json<MadeKey>()
    expect((await make(cookie)).json()).toMatchObject({ status: 409, reason: 'name_taken' })
    await portal.call('POST', `/api/keys/${key.id}/end`, { cookie, body: {} })
    expect((await make(cookie)).statusCode).toBe(201)
  })

  test('until there are twenty, also when thirty are asked for at once', async () => {
    const cookie = await somebody()
    const wishes = Array.from({ length: 30 }, (_, i) => ({ name: `key ${i}`, seconds: 3600 }))
    const answers = await Promise.all(wishes.map((wish) => make(cookie, wish)))

    const made = answers.filter(({ statusCode }) => statusCode === 201)
    // On a busy machine one may have waited for its turn for too long.
    const late = answers.filter(({ statusCode }) => statusCode === 503)
    expect(made.length).toBeLessThanOrEqual(20)
    expect(made.length + late.length).toBeGreaterThanOrEqual(20)
    expect((await keysOf(cookie)).keys).toHaveLength(made.length)
    expect(new Set(made.map((answer) => answer.json<MadeKey>().text)).size).toBe(made.length)
  }, 60_000)
})

describe('a key is ended', () => {
  test('by its owner, once, and stays in sight', async () => {
    const cookie = await somebody()
    const { key } = await portal.key(cookie)
    const end = () => portal.call('POST', `/api/keys/${key.id}/end`, { cookie, body: {} })

    expect((await end()).json()).toMatchObject({ id: key.id, state: 'ended' })
    expect((await end()).json()).toMatchObject({ status: 409, reason: 'key_ended' })
    expect((await keysOf(cookie)).keys).toMatchObject([{ id: key.id, state: 'ended' }])
    expect((await keyEvents()).slice(-2)).toMatchObject([
      { action: 'key.ended', payload_j: { key: key.id, how: 'by_holder' } },
      { action: 'key.refused', payload_j: { what: 'end', why: 'key_ended' } },
    ])
  })

  test('by nobody else, to whom it is not there', async () => {
    const cookie = await somebody()
    const { key } = await portal.key(cookie)
    const end = (id: string, as: string) =>
      portal.call('POST', `/api/keys/${id}/end`, { cookie: as, body: {} })
    const [theirs, absent] = [
      await end(key.id, await portal.cookie('administrator')),
      await end(randomUUID(), cookie),
    ].map((answer) => ({ ...answer.json<object>(), requestId: '' }))

    expect(theirs).toMatchObject({ status: 404 })
    expect(theirs).toEqual(absent)
    expect((await keysOf(cookie)).keys).toMatchObject([{ state: 'works' }])
  })

  test('with all access of its owner', async () => {
    const cookie = await somebody()
    const { key } = await portal.key(cookie)
    const answer = await portal.call('POST', `/api/people/${key.personId}/end-access`, {
      cookie: await portal.cookie('administrator'),
      body: { reason: 'a drill' },
    })

    expect(answer.json()).toMatchObject({ keys: 1 })
    expect((await keyEvents()).at(-1)).toMatchObject({
      action: 'key.ended',
      payload_j: { key: key.id, how: 'by_administrator', person: key.personId },
    })
  })
})

describe('a terminal fetches a key', () => {
  const VERIFIER = 'v'.repeat(43)
  const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')
  const allow = async (cookie: string, name = 'host') => {
    const body = { name, seconds: 3600, challenge: CHALLENGE }
    const answer = await portal.call('POST', '/api/key-codes', { cookie, body })
    return answer.json<{ code: string }>().code
  }
  /** As curl does it: no origin, no cookie. */
  const fetch = (code: string, verifier = VERIFIER) =>
    portal.app.inject({
      method: 'POST',
      url: '/api/keys/exchange',
      headers: { host: 'latchkey.example.com' },
      payload: { code, verifier },
    })

  test('for its code and verifier, once; the name is made free', async () => {
    const cookie = await somebody()
    await portal.key(cookie, { name: 'host' })
    const code = await allow(cookie)

    const answers = await Promise.all([fetch(code), fetch(code), fetch(code)])

    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([201, 400, 400])
    const { key } = answers.find(({ statusCode }) => statusCode === 201)!.json<MadeKey>()
    expect(key).toMatchObject({ name: 'host 2', state: 'works' })
    expect((await keyEvents()).at(-1)).toMatchObject({
      action: 'key.created',
      payload_j: { key: key.id, how: 'terminal' },
    })
  })

  test('never with the verifier of another, and then the code is used up', async () => {
    const cookie = await somebody()
    const code = await allow(cookie)

    const wrong = await fetch(code, 'w'.repeat(43))
    const right = await fetch(code)
    const never = await fetch('A'.repeat(22))

    const bare = [wrong, right, never].map((answer) => ({
      ...answer.json<object>(),
      requestId: '',
    }))
    expect(bare[0]).toMatchObject({ status: 400, reason: 'code_unknown' })
    expect(bare[1]).toEqual(bare[0])
    expect(bare[2]).toEqual(bare[0])
    expect((await keyEvents()).at(-1)).toMatchObject({
      action: 'key.refused',
      payload_j: { what: 'make', why: 'verifier_mismatch', name: 'host' },
    })
    expect((await keysOf(cookie)).keys).toEqual([])
  })

  test('not two minutes later', async () => {
    const code = await allow(await somebody())
    await asSuperuser(portal.url, (client) =>
      client.query(`UPDATE key_code SET made_at = made_at - interval '2 minutes'`),
    )
    expect((await fetch(code)).json()).toMatchObject({ reason: 'code_unknown' })
  })

  test('not after all access of its person was ended', async () => {
    const cookie = await somebody()
    const { key } = await portal.key(cookie)
    const code = await allow(cookie)
    await portal.call('POST', `/api/people/${key.personId}/end-access`, {
      cookie: await portal.cookie('administrator'),
      body: { reason: 'a drill' },
    })

    expect((await fetch(code)).json()).toMatchObject({ reason: 'code_unknown' })
    expect((await keyEvents()).at(-1)).toMatchObject({
      action: 'key.refused',
      payload_j: { why: 'session_ended' },
    })
    const { rows } = await portal.store.pool.query(
      'SELECT FROM personal_key WHERE person_id = $1 AND ended_at IS NULL',
      [key.personId],
    )
    expect(rows).toEqual([])
  })
})
