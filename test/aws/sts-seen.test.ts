import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { StsSeen } from '../../server/aws/sts-attempts.ts'
import { type FakeSts, granted, refused, startFakeSts } from './fake-sts.ts'
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

test('each call is seen with its outcome, and a circuit when it opens and when it closes', async () => {
  const calls: string[] = []
  let open = false
  const seen: StsSeen = {
    call: (outcome, seconds) => {
      expect(seconds).toBeGreaterThan(0)
      calls.push(outcome)
    },
    circuit: (_role, now) => (open = now),
  }
  const { assumeRole, wait } = aPortal({ seen })
  await assumeRole(aWish())
  expect(calls).toEqual(['well'])
  // Used again: no call, so nothing to see.
  await assumeRole(aWish())
  expect(calls).toEqual(['well'])

  const failing = () => assumeRole(aWish({ sessionName: `p${calls.length}.x` })).catch(() => {})
  sts.answer = refused(403, 'AccessDenied')
  await failing()
  expect([calls.at(-1), open]).toEqual(['sts_access_denied', false])
  sts.answer = refused(503, 'ServiceUnavailable')
  while (!open) await failing()
  expect(calls.slice(2)).toEqual(Array<string>(calls.length - 2).fill('sts_unavailable'))
  const made = calls.length
  await failing()
  expect(calls).toHaveLength(made)

  sts.answer = granted()
  wait(1_500)
  await assumeRole(aWish({ sessionName: 'again.x' }))
  expect([calls.at(-1), open]).toEqual(['well', false])
})
