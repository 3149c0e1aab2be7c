import { beforeAll, describe, expect, test } from 'vitest'
import type { Actor } from '../../server/core/actor.ts'
import { makeAccess } from '../../server/core/access/index.ts'
import { openStore } from '../../server/store/store.ts'
import { catalogOf } from '../http/portal.ts'
import { asSuperuser, ownClock } from '../store/mint-scenes.ts'
import { signIn } from '../store/store.ts'
import { catalogText, portalOn, useAccess, WISH } from './scenes.ts'

const { used, person } = useAccess()
const clock = {} as { set(at: string): Promise<void> }
let lead: Actor
beforeAll(async () => {
  lead = await person('lead', 'leads')
  clock.set = await ownClock(used.url)
})

/** Use cases by the clock of this test: connections read their search path when they begin. */
async function at<T>(time: string, work: (access: ReturnType<typeof makeAccess>) => Promise<T>) {
  await clock.set(time)
  const store = openStore(used.url)
  try {
    return await work(portalOn(store, () => used.catalog))
  } finally {
    await store.close()
  }
}
let asked = 0
const ask = async (time: string, startsAt?: string) => {
  const { actor } = await signIn(used.store, { subject: `asker-${asked++}`, groups: ['payments'] })
  const wish = { ...WISH, ...(startsAt !== undefined && { startsAt: new Date(startsAt) }) }
  const { seen } = await at(time, (access) => access.submitRequest(actor, wish))
  return { actor, id: seen.request.id, request: seen.request }
}
const approve = (time: string, id: string) =>
  at(time, async (access) => {
    const { termsOf } = await import('../../server/core/access/policy.ts')
    const version = termsOf(used.catalog, WISH)
    const { seen } = await access.decideRequest(lead, id, { verdict: 'approve', version })
    return [seen.grant!.startsAt.toISOString(), seen.grant!.endsAt.toISOString()]
  })

describe('the window begins at its start or at the approval, whichever is later', () => {
  test.each([
    ['no start', '10:00', undefined, '12:00', '12:00:00', '12:10:00'],
    ['a start before the approval', '10:00', '11:00', '12:00', '12:00:00', '12:10:00'],
    ['a start after the approval', '10:00', '13:00', '12:00', '13:00:00', '13:10:00'],
    ['a start at the approval', '10:00', '12:00', '12:00', '12:00:00', '12:10:00'],
  ])('%s', async (_what, asks, start, approves, from, to) => {
    const day = (time: string) => `2030-06-01T${time}:00Z`
    const { id } = await ask(day(asks), start && day(start))
    expect(await approve(day(approves), id)).toEqual([
      `2030-06-01T${from}.000Z`,
      `2030-06-01T${to}.000Z`,
    ])
  })
})

describe('a start is at most seven days ahead, and not in the past', () => {
  const NOW = '2030-06-01T10:00:00.000Z'
  test.each([
    ['now', '2030-06-01T10:00:00.000Z', undefined],
    ['a millisecond ago', '2030-06-01T09:59:59.999Z', 'start_past'],
    ['a year ago', '2029-06-01T10:00:00.000Z', 'start_past'],
    ['seven days ahead', '2030-06-08T10:00:00.000Z', undefined],
    ['a millisecond more', '2030-06-08T10:00:00.001Z', 'start_far'],
    ['eight days ahead', '2030-06-09T10:00:00.000Z', 'start_far'],
  ])('%s', async (_what, start, reason) => {
    const asking = ask(NOW, start)
    if (reason) await expect(asking).rejects.toMatchObject({ code: 'invalid', reason })
    else expect((await asking).request.startsAt?.toISOString()).toBe(start)
  })
})

describe('a night that is an hour longer or shorter for people is not for windows', () => {
  test.each([
    ['Berlin, spring', '2030-03-31T00:30:00.000Z', '2030-03-31T01:30:00.000Z'],
    ['Berlin, autumn', '2030-10-27T00:30:00.000Z', '2030-10-27T01:30:00.000Z'],
    ['New York, spring', '2030-03-10T06:30:00.000Z', '2030-03-10T07:30:00.000Z'],
    ['New York, autumn', '2030-11-03T05:30:00.000Z', '2030-11-03T06:30:00.000Z'],
  ])('%s', async (zone, from, to) => {
    const name = zone.startsWith('Berlin') ? 'Europe/Berlin' : 'America/New_York'
    const database = new URL(used.url).pathname.slice(1)
    await asSuperuser(used.url, (client) =>
      client.query(`ALTER DATABASE "${database}" SET timezone = '${name}'`),
    )
    used.catalog = catalogOf(catalogText())
    const { actor } = await signIn(used.store, { subject: zone, groups: ['payments'] })
    const { seen } = await at(from, (access) =>
      access.submitRequest(actor, { ...WISH, seconds: 3600 }),
    )
    expect(await approve(from, seen.request.id)).toEqual([from, to])
    const mintAt = (time: string) =>
      at(time, async (access) => {
        const { grants } = await access.listGrants(actor)
        return grants[0]!.state
      })
    expect(await mintAt(to.replace('00.000Z', '00Z'))).toBe('ended')
    expect(await mintAt(to.replace('30:00.000Z', '29:59.999Z'))).toBe('active')
  })
})

test('before its start a grant is scheduled: it gives no token, and can be ended', async () => {
  const { id, actor } = await ask('2030-06-01T10:00:00Z', '2030-06-01T15:00:00Z')
  await approve('2030-06-01T10:05:00Z', id)
  await asSuperuser(used.url, (client) =>
    client.query(
      `UPDATE session SET last_seen = '2030-06-01 14:50Z', ends_at = '2030-06-01 20:00Z'`,
    ),
  )
  const grant = await at('2030-06-01T14:59:59.999Z', async (access) => {
    const { grants } = await access.listGrants(actor)
    expect(grants[0]).toMatchObject({ state: 'scheduled', usable: false })
    await expect(access.issueToken(actor, grants[0]!.id, 'writer')).rejects.toMatchObject({
      code: 'conflict',
      reason: 'not_started',
    })
    return grants[0]!
  })
  const ended = await at('2030-06-01T14:59:59.999Z', (access) => access.endGrant(actor, grant.id))
  expect(ended).toMatchObject({ state: 'ended', endedBy: actor.personId })
  await expect(
    at('2030-06-01T15:00:00Z', (access) => access.endGrant(actor, grant.id)),
  ).rejects.toMatchObject({ reason: 'grant_ended' })
})

test('a second grant beside the first is its own: ending one does not end the other', async () => {
  await clock.set('2030-06-01T10:00:00Z')
  const { actor } = await signIn(used.store, { subject: 'twice', groups: ['payments'] })
  const wish = { ...WISH, user: 'orders_reader' }
  const [first, second] = await at('2030-06-01T10:00:00Z', async (access) => [
    (await access.submitRequest(actor, wish)).seen.grant!,
    (await access.submitRequest(actor, { ...wish, seconds: 1200 })).seen.grant!,
  ])
  await at('2030-06-01T10:01:00Z', (access) => access.endGrant(actor, first!.id))
  const { grants } = await at('2030-06-01T10:02:00Z', (access) => access.listGrants(actor))
  expect(grants.map(({ id, state }) => [id, state])).toEqual([
    [second!.id, 'active'],
    [first!.id, 'ended'],
  ])
})
