import { beforeAll, describe, expect, test } from 'vitest'
import type { Grant } from '../../server/core/access/grant.ts'
import { notFound } from '../../server/core/error.ts'
import { mintStore } from '../../server/store/mint.ts'
import { openStore } from '../../server/store/store.ts'
import {
  asSuperuser,
  failureOf,
  intentOf,
  leaveOrphan,
  openGrant,
  ownClock,
} from './mint-scenes.ts'
import { logOf, type Person, signIn, useStore } from './store.ts'

const used = useStore()
const clock = {} as { set(at: string): Promise<void> }
let actor: Person
let grant: Grant

beforeAll(async () => {
  actor = (await signIn(used.store)).actor
  grant = await openGrant(used.store, actor)
  clock.set = await ownClock(used.url)
  await asSuperuser(used.url, (client) =>
    client.query(
      `UPDATE access_grant SET starts_at = '2030-01-01 10:00:00.000500Z', ends_at = '2030-01-01 11:00:00.000500Z';
       UPDATE session SET last_seen = '2030-01-01 10:59:00Z', ends_at = '2030-01-01 12:00:00.000500Z'`,
    ),
  )
})

/** A store that works by the clock of this test: connections read their search path when they begin. */
async function at<T>(time: string, work: (mints: ReturnType<typeof mintStore>) => Promise<T>) {
  await clock.set(time)
  const store = openStore(used.url)
  try {
    return await work(mintStore(store))
  } finally {
    await store.close()
  }
}

describe('the window of a grant, to the microsecond, when the judge says yes to everything', () => {
  test.each([
    ['has not begun before its start', '10:00:00.000499', false],
    ['holds its start', '10:00:00.000500', true],
    ['holds the last microsecond before its end', '11:00:00.000499', true],
    ['does not hold its end', '11:00:00.000500', false],
  ])('%s', async (_what, time, open) => {
    const before = (await logOf(used.store, 'token.intent')).length
    const intending = at(`2030-01-01 ${time}Z`, (mints) =>
      mints.intend(grant.id, actor.key, () => ({ event: intentOf(actor, grant.id) })),
    )

    if (open) await intending
    else await expect(intending).rejects.toMatchObject({ reason: 'grant_ended' })
    expect((await logOf(used.store, 'token.intent')).length - before).toBe(open ? 1 : 0)
  })
})

describe('a session that ends between the question and the lock', () => {
  const sessionIs = (last_seen: string, ends_at: string) =>
    asSuperuser(used.url, (client) =>
      client.query('UPDATE session SET last_seen = $1, ends_at = $2', [
        `2030-01-01 ${last_seen}Z`,
        `2030-01-01 ${ends_at}Z`,
      ]),
    )
  test.each([
    [
      'gives a token in its last microsecond',
      '10:30:00',
      '10:45:00.000500',
      '10:45:00.000499',
      true,
    ],
    ['gives none at its end', '10:30:00', '10:45:00.000500', '10:45:00.000500', false],
    [
      'gives a token before it was idle for 30 minutes',
      '10:15:00',
      '11:00:00',
      '10:44:59.999999',
      true,
    ],
    ['gives none when it was', '10:15:00', '11:00:00', '10:45:00', false],
  ])('%s', async (_what, seen, ends, time, alive) => {
    await sessionIs(seen, ends)
    const found: boolean[] = []
    const intending = at(`2030-01-01 ${time}Z`, (mints) =>
      mints.intend(grant.id, actor.key, (subject) => {
        found.push(subject !== null)
        if (!subject) throw notFound()
        return { event: intentOf(actor, grant.id) }
      }),
    )
    if (alive) await intending
    else await expect(intending).rejects.toMatchObject({ code: 'not_found' })
    expect(found).toEqual([alive])
  })
})

describe('the 30 seconds of an outcome, to the microsecond', () => {
  test.each([
    ['hold their last microsecond', '10:00:29.999999', true],
    ['do not hold their end', '10:00:30.000000', false],
  ])('%s', async (_what, time, inTime) => {
    const { intentId } = intentOf(actor, grant.id)
    const concluding = at(`2030-01-01 ${time}Z`, (mints) =>
      mints.conclude(failureOf(actor, grant.id, intentId), new Date('2030-01-01T10:00:00.000Z')),
    )

    if (inTime) await concluding
    else await expect(concluding).rejects.toMatchObject({ code: 'unavailable' })
    const written = (await logOf(used.store)).filter(({ intent_id }) => intent_id === intentId)
    expect(written).toHaveLength(inTime ? 1 : 0)
  })
})

test('the reaper leaves an intent alone until it is exactly 60 seconds old', async () => {
  const intentId = await asSuperuser(used.url, (client) => leaveOrphan(client, actor, grant.id, 0))
  const age = (seconds: string) =>
    asSuperuser(used.url, async (client) => {
      const { rows } = await client.query<{ at: string }>(
        `SELECT (at + $2::interval)::text AS at FROM audit.event WHERE intent_id = $1`,
        [intentId, `${seconds} seconds`],
      )
      return rows[0]!.at
    })
  const closed = async () =>
    (await logOf(used.store, 'token.unknown')).some(({ intent_id }) => intent_id === intentId)

  await at(await age('59.999999'), (mints) => mints.reap())
  expect(await closed()).toBe(false)
  await at(await age('60'), (mints) => mints.reap())
  expect(await closed()).toBe(true)
})
