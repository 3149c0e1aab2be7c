import { afterAll, beforeAll, expect, test } from 'vitest'
import { endGrant } from '../../server/core/access/end-grant.ts'
import { isActive } from '../../server/core/access/grant.ts'
import { DomainError, notFound } from '../../server/core/error.ts'
import { accessStore } from '../../server/store/access.ts'
import { mintStore } from '../../server/store/mint.ts'
import { sessionStore } from '../../server/store/session.ts'
import { openStore, type Store } from '../../server/store/store.ts'
import { asSuperuser, intentOf, noCatalog, openGrant } from './mint-scenes.ts'
import { type Person, signIn, useStore } from './store.ts'

const used = useStore()
let replicas: Store[]

beforeAll(() => {
  replicas = [0, 1].map(() => openStore(used.url, { max: 12 }))
})
afterAll(() => Promise.all(replicas.map((store) => store.close())))

/** Two hundred mints through two replicas, twelve at once; `end` comes in their midst. */
async function race(actor: Person, grantId: string, end: (store: Store) => Promise<unknown>) {
  const outcomes: ('intended' | string)[] = []
  let ending: Promise<unknown> | undefined
  let left = 200
  const worker = async (store: Store) => {
    while (left-- > 0) {
      const outcome = await mintStore(store)
        .intend(grantId, actor.key, (found) => {
          if (!found) throw notFound()
          if (!isActive(found.grant, found.now)) throw new DomainError('conflict', 'ended')
          return { event: intentOf(actor, grantId) }
        })
        .then(
          () => 'intended',
          (error: unknown) => (error instanceof DomainError ? error.code : String(error)),
        )
      outcomes.push(outcome)
      if (outcomes.length >= 50) ending ??= end(replicas[1]!)
      // The one who ends is waited for before the last mints, so that some of them surely come after it.
      if (left < 40) await ending
    }
  }
  await Promise.all(replicas.flatMap((store) => Array.from({ length: 6 }, () => worker(store))))
  await ending
  return outcomes
}

/** Both of these, and nothing else; but on a busy machine one may have waited for the row for too long. */
function expectOnly(outcomes: string[], ...wanted: string[]) {
  expect(new Set(outcomes.filter((one) => one !== 'unavailable'))).toEqual(new Set(wanted))
}

/** When each transaction committed, by the server's own record. Ids and clocks of rows say when they were written. */
const commits = (action: string, about: string) =>
  asSuperuser(used.url, async (client) => {
    const { rows } = await client.query<{ at: string }>(
      `SELECT (extract(epoch FROM pg_xact_commit_timestamp(xid::xid)) * 1000000)::bigint AS at
         FROM audit.event WHERE action = $1 AND (payload_j->>'grant' = $2 OR actor = $2) ORDER BY 1`,
      [action, about],
    )
    return rows.map(({ at }) => BigInt(at))
  })

test('by the order of commits there is no intent after the end of its grant', async () => {
  const { actor } = await signIn(used.store, { subject: 'ends' })
  const grant = await openGrant(used.store, actor)

  const outcomes = await race(actor, grant.id, (store) =>
    endGrant({ store: accessStore(store), catalog: noCatalog, record: store.record })(
      actor,
      grant.id,
    ),
  )

  const intents = await commits('token.intent', grant.id)
  const [end] = await commits('grant.ended', grant.id)
  expect(intents).toHaveLength(outcomes.filter((outcome) => outcome === 'intended').length)
  expect(intents.length).toBeGreaterThanOrEqual(50)
  expect(intents.filter((at) => at > end!)).toEqual([])
  expectOnly(outcomes, 'intended', 'conflict')
})

test('by the order of commits there is no intent after its session was signed out', async () => {
  const { actor } = await signIn(used.store, { subject: 'leaves' })
  const grant = await openGrant(used.store, actor)

  const outcomes = await race(actor, grant.id, (store) =>
    sessionStore(store).end(actor.sessionId, {
      action: 'session.ended',
      actor: { person: actor.personId },
      subject: null,
      requestId: 'test',
      detail: { how: 'signed_out' },
    }),
  )

  const intents = await commits('token.intent', grant.id)
  const [end] = await commits('session.ended', actor.personId)
  expect(intents).toHaveLength(outcomes.filter((outcome) => outcome === 'intended').length)
  expect(intents.length).toBeGreaterThanOrEqual(50)
  expect(intents.filter((at) => at > end!)).toEqual([])
  expectOnly(outcomes, 'intended', 'not_found')
})

test('a grant that is minted from without a pause can still be ended', async () => {
  const { actor } = await signIn(used.store, { subject: 'hammers' })
  for (let i = 0; i < 6; i++) {
    const grant = await openGrant(used.store, actor)
    let going = true
    let minted = 0
    const hammer = async (store: Store) => {
      while (going)
        await mintStore(store)
          .intend(grant.id, actor.key, () => ({ event: intentOf(actor, grant.id) }))
          .then(
            () => minted++,
            // One that waited for too long tries again; one that found the end does not.
            (error: DomainError) => (going &&= error.code === 'unavailable'),
          )
    }
    const hammers = replicas.flatMap((store) => Array.from({ length: 5 }, () => hammer(store)))
    await expect.poll(() => minted, { timeout: 20_000 }).toBeGreaterThan(50)

    const ended = await endGrant({
      store: accessStore(used.store),
      catalog: noCatalog,
      record: used.store.record,
    })(actor, grant.id)
    await Promise.all(hammers)
    expect(ended.endedAt).not.toBeNull()
  }
})
