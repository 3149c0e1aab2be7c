import { describe, expect, test } from 'vitest'
import { hashOf, sessionStore, touch } from '../../server/store/session.ts'
import { signInStore } from '../../server/store/sign-in.ts'
import { anIdentity, logOf, signIn, useStore } from './store.ts'

const used = useStore()
const sessions = () => sessionStore(used.store)
const age = (sql: string, key: string) =>
  asOwner(`UPDATE session SET ${sql} WHERE key_hash = sha256('${key}'::bytea)`)

/** What only time or an owner can do. */
async function asOwner(sql: string) {
  const { default: pg } = await import('pg')
  const client = new pg.Client(used.url)
  await client.connect()
  await client.query(sql)
  await client.end()
}

describe('a session', () => {
  test('is found by its key, and the key is nowhere in the database', async () => {
    const { key, actor } = await signIn(used.store)

    expect(await sessions().find(key)).toMatchObject({
      actor: { subject: 'ada', sessionId: actor.sessionId },
    })
    const { rows } = await used.store.pool.query('SELECT s::text AS all FROM session s')
    expect(JSON.stringify(rows)).not.toContain(key)
  })

  test('is not found by a key that differs in one character', async () => {
    const { key } = await signIn(used.store)
    const other = (key[0] === 'A' ? 'B' : 'A') + key.slice(1)

    expect(await sessions().find(other)).toBeNull()
  })

  test.each([
    ['after 30 minutes without use', "last_seen = clock_timestamp() - interval '30 minutes'"],
    ['after 10 hours, used or not', 'ends_at = clock_timestamp()'],
  ])('is over %s', async (_when, sql) => {
    const { key, actor } = await signIn(used.store)
    await age(sql, key)

    expect(await sessions().find(key)).toBeNull()
    expect(await sessions().detail(actor.sessionId)).toBeNull()
  })

  test('lives while it is used: 29 minutes of silence do not end it', async () => {
    const { key } = await signIn(used.store)
    await age("last_seen = clock_timestamp() - interval '29 minutes'", key)
    const found = await sessions().find(key)
    const again = await sessions().find(key)

    expect(again!.idleEndsAt.getTime() - found!.idleEndsAt.getTime()).toBeGreaterThan(28 * 60_000)
  })

  test('that is over stays over when somebody writes down that it is used', async () => {
    const { key } = await signIn(used.store)
    await age("last_seen = clock_timestamp() - interval '30 minutes'", key)
    await used.store.pool.query(touch(hashOf(key)))

    expect(await sessions().find(key)).toBeNull()
  })

  test('ends for good, once, with one event', async () => {
    const { key, actor } = await signIn(used.store)
    const event = {
      action: 'session.ended',
      actor: { person: actor.personId },
      subject: actor.sessionId,
      requestId: 'r',
      detail: { how: 'signed_out' },
    } as const
    await sessions().end(actor.sessionId, event)

    await expect(sessions().end(actor.sessionId, event)).rejects.toMatchObject({
      code: 'not_found',
    })
    expect(await sessions().find(key)).toBeNull()
    const ended = (await logOf(used.store, 'session.ended')).filter(
      ({ actor: by }) => by === actor.personId,
    )
    expect(ended.filter(({ payload_j }) => payload_j['how'] === 'signed_out')).toHaveLength(1)
  })
})

describe('a person', () => {
  test('is known by issuer and subject, whatever the e-mail', async () => {
    const first = await signIn(used.store, { subject: 'one', email: 'same@example.com' })
    const second = await signIn(used.store, { subject: 'two', email: 'same@example.com' })
    const elsewhere = await signIn(used.store, {
      subject: 'one',
      issuer: 'https://other.example.com',
    })
    const renamed = await signIn(used.store, { subject: 'one', email: 'new@example.com' })

    expect(new Set([first, second, elsewhere].map(({ actor }) => actor.personId)).size).toBe(3)
    expect(renamed.actor).toMatchObject({
      personId: first.actor.personId,
      email: 'new@example.com',
    })
  })

  test('who signs in twenty times at once is one person', async () => {
    const signedIn = await Promise.all(
      Array.from({ length: 20 }, () => signIn(used.store, { subject: 'at-once' })),
    )

    expect(new Set(signedIn.map(({ actor }) => actor.personId)).size).toBe(1)
    const events = (await logOf(used.store, 'session.started')).filter(
      ({ payload_j }) => payload_j['subject'] === 'at-once',
    )
    expect(events.filter(({ payload_j }) => payload_j['newPerson'])).toHaveLength(1)
  })
})

describe('a sign-in on its way', () => {
  const transaction = (state: string) => ({
    state,
    nonce: 'n',
    verifier: 'v',
    returnTo: '/db/orders',
  })

  test('is taken once, by the browser that started it', async () => {
    const store = signInStore(used.store)
    await store.open('browser', transaction('state-1'))

    expect(await store.take('another browser', 'state-1')).toBe('unknown')
    expect(await store.take('browser', 'state-1')).toMatchObject(transaction('state-1'))
    expect(await store.take('browser', 'state-1')).toBe('unknown')
  })

  test('answered twenty times at once goes on once', async () => {
    const store = signInStore(used.store)
    await store.open('browser', transaction('state-2'))

    const taken = await Promise.all(
      Array.from({ length: 20 }, () => store.take('browser', 'state-2')),
    )

    expect(taken.filter((one) => one !== 'unknown')).toHaveLength(1)
  })

  test('of two tabs of one browser both arrive', async () => {
    const store = signInStore(used.store)
    await store.open('browser', transaction('tab-1'))
    await store.open('browser', transaction('tab-2'))

    expect(await store.take('browser', 'tab-1')).toMatchObject({ state: 'tab-1' })
    expect(await store.take('browser', 'tab-2')).toMatchObject({ state: 'tab-2' })
  })

  test('is too late after ten minutes, and gone', async () => {
    const store = signInStore(used.store)
    await store.open('browser', transaction('late'))
    await asOwner("UPDATE sign_in SET started_at = clock_timestamp() - interval '10 minutes'")

    expect(await store.take('browser', 'late')).toBe('expired')
    expect(await store.take('browser', 'late')).toBe('unknown')
  })

  test('leaves neither state nor browser key in the database', async () => {
    await signInStore(used.store).open('secret-browser-key', transaction('secret-state'))

    const { rows } = await used.store.pool.query('SELECT s::text AS all FROM sign_in s')
    expect(JSON.stringify(rows)).not.toMatch(/secret/)
  })
})

test('what cannot be recorded does not happen: no session without its event', async () => {
  const { rows: before } = await used.store.pool.query('SELECT count(*) FROM session')
  await asOwner(
    'REVOKE INSERT ON audit.event FROM latchkey_app; REVOKE INSERT (action) ON audit.event FROM latchkey_app',
  )
  try {
    await expect(
      sessions().start(anIdentity({ subject: 'unrecorded' }), undefined, () => ({
        action: 'session.ended' as never,
        actor: 'portal',
        subject: null,
        requestId: 'r',
        detail: {} as never,
      })),
    ).rejects.toMatchObject({ code: 'unavailable' })
  } finally {
    await asOwner('GRANT INSERT (action) ON audit.event TO latchkey_app')
  }
  const { rows: after } = await used.store.pool.query('SELECT count(*) FROM session')
  expect(after).toEqual(before)
})
