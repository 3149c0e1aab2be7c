import { randomUUID } from 'node:crypto'
import { beforeEach, expect, test } from 'vitest'
import type { AuditEvent } from '../../server/core/audit/event.ts'
import { recordRefusal, tellRefusals } from '../../server/store/refusals.ts'
import { asSuperuser } from './audit-scenes.ts'
import { logOf, useStore } from './store.ts'

/** Anybody can have a sign-in refused, as often as they like: the log has the first, and how many there were. */
const used = useStore()
type Reason = AuditEvent<'signin.refused'>['detail']['reason']

let reason: Reason
let since: number
beforeEach(async () => {
  reason = 'transaction_unknown'
  await forget()
})
const forget = async () => {
  await used.store.pool.query('DELETE FROM anonymous_refusal')
  since = Number((await logOf(used.store)).at(-1)?.id ?? 0)
}
const refuse = (address: string, why = reason) =>
  recordRefusal(used.store, {
    action: 'signin.refused',
    actor: 'anonymous',
    subject: null,
    requestId: randomUUID(),
    address,
    detail: { reason: why, userAgent: 'test' },
  })
const many = async (count: number, addressOf: (n: number) => string) => {
  for (let n = 0; n < count; n++) await refuse(addressOf(n))
}
const events = async (action: string) =>
  (await logOf(used.store, action)).filter(({ id }) => Number(id) > since)
/** As if it had been some minutes ago. */
const later = async () => {
  await used.store.pool.query(`UPDATE anonymous_refusal SET minute = minute - interval '5 minutes'`)
  return tellRefusals(used.store)
}
const counted = async () => (await events('refusals.counted')).map(({ payload_j }) => payload_j)
/** What is about one minute is done again where it came into two. */
async function withinAMinute(work: () => Promise<void>) {
  const minute = async () =>
    (
      await used.store.pool.query<{ at: Date }>(
        `SELECT date_trunc('minute', clock_timestamp()) AS at`,
      )
    ).rows[0]!.at.getTime()
  for (;;) {
    const before = await minute()
    await work()
    if ((await minute()) === before) return
    await forget()
  }
}

test('the first ten of a network are events, what comes beyond is told by one', async () => {
  await withinAMinute(() => many(37, () => '192.0.2.7'))
  expect(await events('signin.refused')).toHaveLength(10)
  // Its minute is not over.
  expect(await tellRefusals(used.store)).toBe(0)

  expect(await later()).toBe(27)
  expect(await counted()).toMatchObject([
    { reason, network: '192.0.2.7', count: 27, minute: expect.stringMatching(/:00\.000Z$/) },
  ])
  expect(await later()).toBe(0)
  expect(await counted()).toHaveLength(1)
})

test('few are events, all of them, and nothing is counted', async () => {
  await withinAMinute(() => many(10, () => '192.0.2.7'))

  expect(await events('signin.refused')).toHaveLength(10)
  expect(await later()).toBe(0)
  expect(await counted()).toEqual([])
})

test('whoever has one IPv6 address has 2^64 of them: they are one network', async () => {
  await withinAMinute(() => many(30, (n) => `2001:db8:1:2::${n}`))

  expect(await events('signin.refused')).toHaveLength(10)
  await later()
  expect(await counted()).toMatchObject([{ network: '2001:db8:1:2::/64', count: 20 }])
})

test('of many networks the first are told apart, and the others together', async () => {
  await withinAMinute(() => many(200, (n) => `198.51.100.${n}`))

  expect(await events('signin.refused')).toHaveLength(60)
  await later()
  expect(await counted()).toMatchObject([{ network: null, count: 140 }])
})

test('a flood for one reason hides nothing that is refused for another', async () => {
  await withinAMinute(async () => {
    await many(100, (n) => `198.51.100.${n}`)
    await refuse('192.0.2.7', 'id_token_signature')
  })

  const [last] = (await events('signin.refused')).slice(-1)
  expect(last!.payload_j).toMatchObject({ reason: 'id_token_signature' })
})

test('of a storm nothing is lost and nothing told twice, also by two portals at once', async () => {
  await Promise.all(Array.from({ length: 400 }, (_, n) => refuse(`203.0.113.${n % 7}`)))
  await used.store.pool.query(`UPDATE anonymous_refusal SET minute = minute - interval '5 minutes'`)
  const told = await Promise.all([tellRefusals(used.store), tellRefusals(used.store)])

  const whole = (await events('signin.refused')).length
  const sum = (await counted()).reduce((all, { count }) => all + Number(count), 0)
  expect(told[0] + told[1]).toBe(sum)
  expect(whole + sum).toBe(400)
  expect(whole).toBeLessThan(160)
})

test('what cannot be told now is told later', async () => {
  await withinAMinute(() => many(15, () => '192.0.2.7'))
  const alter = (what: string) =>
    asSuperuser(used.url, (client) => client.query(`ALTER TABLE audit.event ${what}`))
  await alter(`ADD CONSTRAINT away CHECK (action <> 'refusals.counted') NOT VALID`)
  await expect(later()).rejects.toThrow()
  await alter('DROP CONSTRAINT away')

  expect(await tellRefusals(used.store)).toBe(5)
})
