import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Delivery } from '../../server/core/notification/ports.ts'
import { MOST_ATTEMPTS, waitAfter } from '../../server/core/notification/retry.ts'
import { outbox } from '../../server/store/outbox.ts'
import { openStore, type Store } from '../../server/store/store.ts'
import { aMessage, deliveriesOf, letTimePass, webhookOnly } from '../notify/scenes.ts'
import { asSuperuser } from './mint-scenes.ts'
import { logOf, signIn, useStore } from './store.ts'

const used = useStore()
let other: Store
beforeAll(() => {
  other = openStore(used.url)
})
afterAll(() => other?.close())
beforeEach(() => used.store.pool.query('DELETE FROM outbox'))

const spreadAll = () => outbox(used.store).spread(webhookOnly, 1000)
const claimOne = async (store = used.store): Promise<Delivery> => {
  const [delivery] = await outbox(store).claim('webhook:default', 1, 60)
  return delivery!
}

describe('a message is spread', () => {
  const mailOnly = () => ({ channels: [], mail: true })
  const person = async (subject: string, groups: string[], email: string | null) =>
    (await signIn(used.store, { subject, groups, email })).actor.personId
  const told = async (to: { groups?: string[]; people?: string[]; except?: string[] }) => {
    const message = await aMessage(used.store, {
      to: { groups: [], people: [], except: [], ...to },
    })
    await outbox(used.store).spread(mailOnly, 10)
    return (await deliveriesOf(used.store, message.requestId)).map(({ channel }) => channel)
  }

  test('once to each channel and each person that it is for, but not to whom it excepts', async () => {
    const lead = await person('lead', ['leads', 'all'], 'lead@example.com')
    const asker = await person('asker2', ['leads'], 'asker@example.com')
    await person('mute', ['leads'], null)
    await person('empty', ['leads'], '')
    await person('stranger', ['others'], 'stranger@example.com')

    expect(
      await told({ groups: ['leads', 'all'], people: [lead, asker], except: [asker] }),
    ).toEqual(['email:lead@example.com'])
    expect(await told({ people: [asker] })).toEqual(['email:asker@example.com'])
    expect(await told({ groups: ['nobody'] })).toEqual([])
    expect(await told({})).toEqual([])
  })

  test('by the groups of the newest sign-in', async () => {
    await person('mover', ['old'], 'mover@example.com')
    await person('mover', ['new'], 'mover@example.com')

    expect(await told({ groups: ['old'] })).toEqual([])
    expect(await told({ groups: ['new'] })).toEqual(['email:mover@example.com'])
  })

  test('to two people with one address, or an address that a channel has already, as one mail', async () => {
    const a = await person('twin-a', [], 'twins@example.com')
    const b = await person('twin-b', [], 'twins@example.com')
    const message = await aMessage(used.store, { to: { groups: [], people: [a, b], except: [] } })
    const channels = ['slack:default', 'email:twins@example.com']
    await outbox(used.store).spread(() => ({ channels, mail: true }), 10)

    expect((await deliveriesOf(used.store, message.requestId)).map((d) => d.channel)).toEqual([
      'email:twins@example.com',
      'slack:default',
    ])
  })

  test('by its topic and team, once, however many portals spread at the same time', async () => {
    await Promise.all(
      Array.from({ length: 30 }, () => aMessage(used.store, { topic: 'request.denied' })),
    )
    const seen: string[] = []
    const plan = ({ topic, team }: { topic: string; team: string }) => {
      seen.push(`${topic} ${team}`)
      return { channels: ['webhook:default'], mail: false }
    }

    const taken = await Promise.all(
      [used.store, other, used.store, other].map((store) => outbox(store).spread(plan, 30)),
    )

    expect(taken.reduce((sum, count) => sum + count)).toBe(30)
    expect(seen).toEqual(Array.from({ length: 30 }, () => 'request.denied payments'))
    expect(await deliveriesOf(used.store)).toHaveLength(30)
  })

  test('not in halves: what the plan cannot decide stays whole and waits', async () => {
    await aMessage(used.store)
    const failing = outbox(used.store).spread(() => {
      throw new Error('no plan')
    }, 10)

    await expect(failing).rejects.toThrow('no plan')
    expect(await spreadAll()).toBe(1)
    expect(await spreadAll()).toBe(0)
  })
})

describe('a claim', () => {
  test('is had by one of two portals, never by both', async () => {
    for (let i = 0; i < 40; i++) await aMessage(used.store)
    await spreadAll()

    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        outbox(i % 2 ? other : used.store).claim('webhook:default', 4, 60),
      ),
    )

    const ids = claims.flat().map(({ outboxId }) => outboxId)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.length).toBeGreaterThan(4)
  })

  test('says all that the message holds', async () => {
    const message = await aMessage(used.store, { topic: 'emergency.opened' })
    await spreadAll()

    expect(await claimOne()).toMatchObject({
      channel: 'webhook:default',
      attempts: 1,
      topic: 'emergency.opened',
      requestId: message.requestId,
      text: message.text,
      createdAt: expect.any(Date),
    })
  })

  test('takes nothing of another lane; all mail is one lane', async () => {
    await aMessage(used.store)
    const channels = ['slack:default', 'email:a@example.com', 'email:b@example.com']
    await outbox(used.store).spread(() => ({ channels, mail: false }), 10)

    expect((await outbox(used.store).dueLanes()).sort()).toEqual(['email', 'slack:default'])
    expect(await outbox(used.store).claim('email', 10, 60)).toHaveLength(2)
    expect(await outbox(used.store).dueLanes()).toEqual(['slack:default'])
  })

  test('that nobody ended is somebody else’s when its lease is over, with the same id', async () => {
    await aMessage(used.store)
    await spreadAll()
    const [first] = await outbox(used.store).claim('webhook:default', 1, 0.05)

    await expect
      .poll(() => claimOne(other), { timeout: 5000 })
      .toMatchObject({ outboxId: first!.outboxId, attempts: 2 })
  })
})

describe('the outcome', () => {
  test('done: nobody gets it again', async () => {
    await aMessage(used.store)
    await spreadAll()
    await outbox(used.store).done(await claimOne())
    await letTimePass(used.store)

    expect(await claimOne()).toBeUndefined()
    expect(await deliveriesOf(used.store)).toMatchObject([{ done: true, attempts: 1 }])
  })

  test('failed: it waits longer each time', async () => {
    await aMessage(used.store)
    await spreadAll()
    for (const wait of [5, 30, 120, 600, 3600, 3600]) {
      expect(await outbox(used.store).failed(await claimOne(), { code: 'timeout' })).toBe(wait)
      const [kept] = await deliveriesOf(used.store)
      expect(kept).toMatchObject({ last_error: 'timeout', done: false })
      expect(Math.abs(kept!.wait! - wait)).toBeLessThanOrEqual(2)
      expect(await claimOne()).toBeUndefined()
      await letTimePass(used.store)
    }
  })

  test('failed for a day: it is given up, and the log says so once', async () => {
    const { requestId } = await aMessage(used.store)
    await spreadAll()
    let total = 0
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
      total += (await outbox(used.store).failed(await claimOne(), { code: 'http_500' })) ?? 0
      await letTimePass(used.store)
    }

    expect(total).toBeGreaterThan(23 * 3600)
    expect(total).toBeLessThanOrEqual(25 * 3600)
    expect(await claimOne()).toBeUndefined()
    expect(await deliveriesOf(used.store)).toMatchObject([{ given_up: true, attempts: 28 }])
    const events = await logOf(used.store, 'notification.failed')
    expect(events.map(({ payload_j }) => payload_j)).toEqual([
      {
        topic: 'request.waiting',
        request: requestId,
        channel: 'webhook:default',
        code: 'http_500',
        attempts: 28,
      },
    ])
  })

  test('failed for good: it is given up at once', async () => {
    await aMessage(used.store)
    await spreadAll()
    const failure = { code: 'address_invalid', permanent: true }

    expect(await outbox(used.store).failed(await claimOne(), failure)).toBeNull()
    expect(await deliveriesOf(used.store)).toMatchObject([{ given_up: true, attempts: 1 }])
    expect((await logOf(used.store, 'notification.failed')).at(-1)).toMatchObject({
      actor: 'portal',
      payload_j: { code: 'address_invalid' },
    })
  })

  test('of an old claim does not disturb a newer one; but what arrived has arrived', async () => {
    await aMessage(used.store)
    await spreadAll()
    const old = await claimOne()
    await letTimePass(used.store)
    const newer = await claimOne(other)

    await outbox(used.store).failed(old, { code: 'old', permanent: true })
    expect(await deliveriesOf(used.store)).toMatchObject([{ given_up: false, last_error: null }])
    await outbox(used.store).done(old)
    await outbox(other).failed(newer, { code: 'newer' })
    expect(await deliveriesOf(used.store)).toMatchObject([{ done: true, last_error: null }])
  })
})

test('a receiver may ask for more patience, within an hour, and never for less', () => {
  expect(waitAfter(1, 90)).toBe(90)
  expect(waitAfter(1, 1)).toBe(5)
  expect(waitAfter(1, 1e9)).toBe(3600)
  expect(waitAfter(MOST_ATTEMPTS, 90)).toBeNull()
})

test('what fails is listed until it arrives; what is given up stays listed', async () => {
  await aMessage(used.store)
  await aMessage(used.store, { topic: 'request.denied' })
  await spreadAll()
  const first = await claimOne()
  await outbox(used.store).failed(first, { code: 'http_500' })
  await outbox(used.store).failed(await claimOne(), { code: 'http_410', permanent: true })

  expect(await outbox(used.store).failing(10)).toEqual([
    {
      channel: 'webhook:default',
      topic: 'request.denied',
      since: expect.any(Date),
      attempts: 1,
      lastError: 'http_410',
      nextAt: null,
    },
    {
      channel: 'webhook:default',
      topic: 'request.waiting',
      since: first.createdAt,
      attempts: 1,
      lastError: 'http_500',
      nextAt: expect.any(Date),
    },
  ])
  expect(await outbox(used.store).failing(1)).toHaveLength(1)

  await letTimePass(used.store)
  await outbox(used.store).done(await claimOne())
  expect(await outbox(used.store).failing(10)).toMatchObject([{ lastError: 'http_410' }])
})

test('after 30 days a message goes, unless it still waits for something', async () => {
  const ages = ['29 days', '31 days', '31 days', '31 days']
  const requests: string[] = []
  for (const age of ages) {
    const { requestId } = await aMessage(used.store)
    requests.push(requestId)
    await asSuperuser(used.url, (client) =>
      client.query(
        'UPDATE outbox SET created_at = created_at - $1::interval WHERE request_id = $2',
        [age, requestId],
      ),
    )
  }
  await spreadAll()
  await outbox(used.store).tidy()
  expect(await deliveriesOf(used.store)).toHaveLength(4)

  const claimed = await outbox(used.store).claim('webhook:default', 4, 60)
  for (const delivery of claimed) {
    if (delivery.requestId === requests[3])
      await outbox(used.store).failed(delivery, { code: 'http_410', permanent: true })
    else if (delivery.requestId !== requests[2]) await outbox(used.store).done(delivery)
  }
  await outbox(used.store).tidy()

  const { rows } = await used.store.pool.query<{ request_id: string }>(
    'SELECT request_id FROM outbox',
  )
  expect(rows.map(({ request_id }) => request_id).sort()).toEqual([requests[0], requests[2]].sort())
})
