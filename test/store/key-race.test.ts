import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { endGrant } from '../../server/core/access/end-grant.ts'
import { endPerson } from '../../server/core/access/end-person.ts'
import { DomainError, notFound } from '../../server/core/error.ts'
import { endKey } from '../../server/core/key/end-key.ts'
import type { PersonalKey } from '../../server/core/key/key.ts'
import { newKeyText, prefixOf } from '../../server/core/key/key-text.ts'
import { accessStore } from '../../server/store/access.ts'
import { keyMintStore } from '../../server/store/key-mint.ts'
import { keyStore } from '../../server/store/keys.ts'
import { openStore, type Store } from '../../server/store/store.ts'
import { asSuperuser, intentOf, noCatalog, openGrant } from './mint-scenes.ts'
import { type Person, signIn, useStore } from './store.ts'

const used = useStore()
const WISH = { database: 'orders', user: 'orders_reader' }
let replicas: Store[]
let actor: Person
let grantId: string
let text: string
let key: PersonalKey

beforeAll(() => {
  replicas = [0, 1].map(() => openStore(used.url, { max: 12 }))
})
afterAll(() => Promise.all(replicas.map((store) => store.close())))
beforeEach(async () => {
  ;({ actor } = await signIn(used.store, { subject: randomUUID() }))
  grantId = (await openGrant(used.store, actor)).id
  text = newKeyText()
  const wish = { personId: actor.personId, name: 'laptop', text, prefix: prefixOf(text) }
  key = await keyStore(used.store).transaction((tx) => tx.insert({ ...wish, seconds: 3600 }))
})

const intend = (store: Store) =>
  keyMintStore(store).intend(text, WISH, (found) => {
    const grant = found?.grants[0]
    if (!grant) throw notFound()
    return { plan: { grant }, event: intentOf(actor, grant.id) }
  })

/** Two hundred mints through two replicas, twelve at once; `end` comes in their midst. */
async function race(end: (store: Store) => Promise<unknown>) {
  const outcomes: string[] = []
  let ending: Promise<unknown> | undefined
  let left = 200
  const worker = async (store: Store) => {
    while (left-- > 0) {
      outcomes.push(
        await intend(store).then(
          () => 'intended',
          (error: unknown) => (error instanceof DomainError ? error.code : String(error)),
        ),
      )
      if (outcomes.length >= 50) ending ??= end(replicas[1]!)
      // The one who ends is waited for before the last mints, so that some of them surely come after it.
      if (left < 40) await ending
    }
  }
  await Promise.all(replicas.flatMap((store) => Array.from({ length: 6 }, () => worker(store))))
  await ending
  return outcomes
}

/** When each transaction committed, by the server's own record. */
const commits = (action: string, about: string) =>
  asSuperuser(used.url, async (client) => {
    const { rows } = await client.query<{ at: string }>(
      `SELECT (extract(epoch FROM pg_xact_commit_timestamp(xid::xid)) * 1000000)::bigint AS at
         FROM audit.event WHERE action = $1 AND (subject = $2 OR payload_j->>'grant' = $2) ORDER BY 1`,
      [action, about],
    )
    return rows.map(({ at }) => BigInt(at))
  })

const record = { catalog: noCatalog, record: () => Promise.resolve() }
test.each([
  [
    'its key',
    (store: Store) => endKey({ store: keyStore(store), ...record })(actor, key.id),
    () => commits('key.ended', key.id),
  ],
  [
    'its grant',
    (store: Store) => endGrant({ store: accessStore(store), ...record })(actor, grantId),
    () => commits('grant.ended', grantId),
  ],
  [
    'all access of its owner',
    (store: Store) =>
      endPerson({ store: accessStore(store), ...record })(
        { ...actor, personId: actor.personId },
        actor.personId,
        'a drill',
      ),
    () => commits('access.ended', actor.personId),
  ],
])(
  'by the order of commits there is no intent by key after the end of %s',
  async (_what, end, ends) => {
    const outcomes = await race(end)

    const intents = await commits('token.intent', grantId)
    const [ended] = await ends()
    expect(intents).toHaveLength(outcomes.filter((outcome) => outcome === 'intended').length)
    expect(intents.length).toBeGreaterThanOrEqual(50)
    expect(intents.filter((at) => at > ended!)).toEqual([])
    // On a busy machine one may have waited for the rows for too long.
    const rest = new Set(outcomes.filter((one) => one !== 'unavailable' && one !== 'intended'))
    expect([...rest].every((one) => one === 'not_found' || one === 'conflict')).toBe(true)
    expect(outcomes.at(-1)).not.toBe('intended')
  },
)

test('what is made while all access of its person ends is ended too, or not made', async () => {
  const keys = keyStore(used.store)
  const making = (async () => {
    const made: unknown[] = []
    for (let i = 0; i < 40; i++) {
      const done = await keys
        .transaction(async (tx) => {
          if (!(await tx.holdSession(actor.sessionId))) return null
          const own = newKeyText()
          const wish = {
            personId: actor.personId,
            name: `key ${i}`,
            text: own,
            prefix: prefixOf(own),
          }
          return tx.insert({ ...wish, seconds: 3600 })
        })
        .catch((error: DomainError) => error.code)
      if (done === null) break
      made.push(done)
    }
    return made
  })()
  await expect
    .poll(() => keys.keysOf(actor.personId).then((all) => all.keys.length))
    .toBeGreaterThan(3)
  await endPerson({ store: accessStore(replicas[0]!), ...record })(actor, actor.personId, 'a drill')
  const made = await making

  expect(made.length).toBeGreaterThan(2)
  const { keys: all } = await keys.keysOf(actor.personId)
  expect(all.filter(({ endedAt }) => endedAt === null)).toEqual([])
})

test('a key that ends while its mint is judged gives nothing', async () => {
  await asSuperuser(used.url, (client) =>
    client.query(
      `UPDATE personal_key SET expires_at = clock_timestamp() + interval '500 ms' WHERE id = $1`,
      [key.id],
    ),
  )
  const late = keyMintStore(used.store).intend(text, WISH, (found) => {
    const grant = found?.grants[0]
    if (!grant) throw new Error('it had ended before')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 700)
    return { plan: { grant }, event: intentOf(actor, grant.id) }
  })

  await expect(late).rejects.toMatchObject({ code: 'conflict', reason: 'grant_ended' })
  expect(await commits('token.intent', grantId)).toEqual([])
})
