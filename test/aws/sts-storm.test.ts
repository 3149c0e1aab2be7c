import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { granted, raw, refused, startFakeSts, type FakeSts } from './fake-sts.ts'
import { aPortal, aWish } from './portal.ts'

let sts: FakeSts
beforeEach(async () => {
  sts = await startFakeSts()
  vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.url)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAFAKE')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'fake')
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await sts.close()
})

const person = (n: number) => aWish({ sessionName: `person.${n}` })
const reasonOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'granted',
    (error: { reason?: string }) => error.reason,
  )

test('two hundred people before a throttling STS cost it little more than one call each, then none', async () => {
  sts.answer = refused(400, 'Throttling')
  const { assumeRole } = aPortal()

  await Promise.all(Array.from({ length: 200 }, (_, n) => reasonOf(assumeRole(person(n)))))
  const before = sts.calls.length
  expect(before).toBeLessThanOrEqual(240)

  const later = await Promise.all(
    Array.from({ length: 200 }, (_, n) => assumeRole(person(n)).catch((error: unknown) => error)),
  )
  expect(sts.calls).toHaveLength(before)
  for (const error of later)
    expect(error).toMatchObject({ code: 'unavailable', reason: 'sts_circuit_open', retryAfter: 1 })
})

test('an open circuit lets one probe pass in a second, and closes when one goes well', async () => {
  sts.answer = refused(500, 'InternalFailure')
  const { assumeRole, wait } = aPortal()
  await reasonOf(assumeRole(person(1)))
  await reasonOf(assumeRole(person(2)))
  await reasonOf(assumeRole(person(3)))
  // Three tries of the first, who spent the retry budget, and one each of the others: the fifth opened it.
  expect(sts.calls).toHaveLength(5)

  for (let second = 1; second <= 3; second++) {
    wait(1_000)
    await Promise.all(Array.from({ length: 20 }, (_, n) => reasonOf(assumeRole(person(n)))))
    expect(sts.calls).toHaveLength(5 + second)
  }

  sts.answer = granted()
  wait(1_000)
  expect(await reasonOf(assumeRole(person(1)))).toBe('granted')
  expect(await reasonOf(assumeRole(person(2)))).toBe('granted')
})

test('the circuit of one role does not stand in the way of another', async () => {
  sts.answer = (call) =>
    (call.parameters['RoleArn']?.endsWith('sick') ? raw(503, '') : granted())(call)
  const { assumeRole } = aPortal()
  const roleArn = 'arn:aws:iam::111122223333:role/sick'
  for (let n = 0; n < 3; n++) await reasonOf(assumeRole(aWish({ roleArn, sessionName: `p.${n}` })))

  expect(await reasonOf(assumeRole(aWish({ roleArn })))).toBe('sts_circuit_open')
  expect(await reasonOf(assumeRole(aWish()))).toBe('granted')
})

test('AccessDenied, however often, opens nothing', async () => {
  sts.answer = refused(403, 'AccessDenied')
  const { assumeRole } = aPortal()
  const ends = []
  for (let n = 0; n < 20; n++) ends.push(await reasonOf(assumeRole(person(n))))
  expect(new Set(ends)).toEqual(new Set(['sts_access_denied']))
  expect(sts.calls).toHaveLength(20)
})

test('failures that are further apart than ten seconds open nothing', async () => {
  sts.answer = raw(503, '')
  const { assumeRole, wait } = aPortal({
    limits: { tries: 1, attempt: 3000, total: 4000, backoff: 1 },
  })
  for (let n = 0; n < 12; n++) {
    expect(await reasonOf(assumeRole(person(n)))).toBe('sts_unavailable')
    wait(2_600)
  }
})

test('the jitter is full: from nothing to the whole of the doubled wait', async () => {
  sts.answer = raw(503, '')
  for (const [random, expected] of [
    [0, [0, 0]],
    [0.999, [199.8, 399.6]],
  ] as const) {
    const { assumeRole, slept } = aPortal({ random: () => random })
    await reasonOf(assumeRole(aWish()))
    expect(slept).toEqual(expected)
  }
})
