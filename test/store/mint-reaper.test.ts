import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { mintStore } from '../../server/store/mint.ts'
import { openStore, type Store } from '../../server/store/store.ts'
import { asSuperuser, failureOf, intentOf, leaveOrphan, openGrant } from './mint-scenes.ts'
import { logOf, type Person, signIn, useStore } from './store.ts'

const used = useStore()
let replicas: Store[]
let actor: Person
let grant: string

beforeAll(() => {
  replicas = [0, 1].map(() => openStore(used.url))
})
afterAll(() => Promise.all(replicas.map((store) => store.close())))
beforeEach(async () => {
  actor = (await signIn(used.store, { subject: randomUUID() })).actor
  grant = (await openGrant(used.store, actor)).id
})

const orphans = (...ages: number[]) =>
  asSuperuser(used.url, async (client) => {
    const ids: string[] = []
    for (const age of ages) ids.push(await leaveOrphan(client, actor, grant, age))
    return ids
  })
const closings = async () => (await logOf(used.store, 'token.unknown')).map((row) => row.intent_id)
const reap = () => mintStore(used.store).reap()

test('an orphan is closed by the portal, and says whose mint it was', async () => {
  const [id] = await orphans(61)

  expect(await reap()).toBe(1)

  const row = (await logOf(used.store, 'token.unknown')).find(({ intent_id }) => intent_id === id)
  expect(row).toMatchObject({
    actor: 'portal',
    payload_j: { grant, database: 'orders', person: actor.personId },
  })
})

test('two reapers at once close each orphan exactly once', async () => {
  const ids = await orphans(...Array.from({ length: 120 }, (_, i) => 61 + i))

  const rounds = await Promise.all(
    Array.from({ length: 10 }, (_, i) => mintStore(replicas[i % 2]!).reap()),
  )

  expect(rounds.reduce((sum, closed) => sum + closed, 0)).toBe(120)
  const closed = (await closings()).filter((id) => ids.includes(String(id)))
  expect(closed.sort()).toEqual(ids.sort())
})

test('one that is young, or has an outcome, is left alone, however often one looks', async () => {
  const [young, failed, old] = await orphans(5, 61, 61)
  await mintStore(used.store).conclude(failureOf(actor, grant, failed!), new Date())
  const fresh = intentOf(actor, grant)
  await mintStore(used.store).intend(grant, actor.key, () => ({ event: fresh }))

  expect(await reap()).toBe(1)
  expect(await reap()).toBe(0)

  const closed = await closings()
  expect(closed).toContain(old)
  for (const id of [young, failed, fresh.intentId]) expect(closed).not.toContain(id)
})

test('after an hour without a portal, what it left is closed', async () => {
  await asSuperuser(used.url, (client) =>
    client.query(`UPDATE reaper SET settled_until = clock_timestamp() - interval '1 hour'`),
  )
  const ids = await orphans(3600, 1800, 61)

  expect(await reap()).toBe(3)
  expect(await closings()).toEqual(expect.arrayContaining(ids))
})

test('when a closing cannot be written, none is, and the next round closes all', async () => {
  const ids = await orphans(61, 62)
  const grantInsert = 'INSERT (action, actor, subject, request_id, intent_id, address, payload)'
  await asSuperuser(used.url, async (client) => {
    await client.query('REVOKE INSERT ON audit.event FROM latchkey_app')
    try {
      await expect(reap()).rejects.toMatchObject({ code: 'unavailable' })
    } finally {
      await client.query(`GRANT ${grantInsert} ON audit.event TO latchkey_app`)
    }
  })
  expect(await closings()).not.toContain(ids[0])

  expect(await reap()).toBe(2)
})

test('what many replicas left at once is closed in rounds, none twice and none forgotten', async () => {
  const { rows } = await asSuperuser(used.url, (client) =>
    client.query<{ intent_id: string }>(
      `INSERT INTO audit.event (at, action, actor, subject, request_id, intent_id, payload)
       SELECT pg_catalog.clock_timestamp() - make_interval(secs => 61 + n / 100), 'token.intent', $1, 'orders', 'test',
              gen_random_uuid(), $2 FROM generate_series(1, 1200) n RETURNING intent_id`,
      [actor.personId, JSON.stringify(intentOf(actor, grant).detail)],
    ),
  )
  expect([await reap(), await reap(), await reap(), await reap()]).toEqual([500, 500, 200, 0])
  const closed = (await closings()).filter((id) => rows.some(({ intent_id }) => intent_id === id))
  expect(closed.sort()).toEqual(rows.map(({ intent_id }) => intent_id).sort())
})
