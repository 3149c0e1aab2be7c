import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { DomainError } from '../../server/core/error.ts'
import * as fault from './fake-sts.ts'
import { granted, raw, refused, startFakeSts, type FakeSts } from './fake-sts.ts'
import { aPortal, aWish, SHORT } from './portal.ts'

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

const failureOf = async (promise: Promise<unknown>): Promise<DomainError> => {
  const error = await promise.then(
    () => new Error('It did not fail'),
    (error: unknown) => error,
  )
  if (!(error instanceof DomainError)) throw error
  return error
}

/** Everything of an error that a log or an answer could show, its causes included. */
const everythingOf = (error: Error): string =>
  [error, ...(error.cause instanceof Error ? [error.cause] : [])]
    .map((e) => `${e.stack}${JSON.stringify(e, Object.getOwnPropertyNames(e))}`)
    .join()

const expectNoSecret = (text: string) => {
  for (const secret of fault.SECRETS) expect(text.includes(secret.slice(0, 16))).toBe(false)
}

describe('an answer that is not what was asked for is refused', () => {
  const HOUR = 3_600_000
  const inMs = (ms: number) => new Date(Date.now() + ms).toISOString()
  const arn = 'arn:aws:sts::111122223333:assumed-role/latchkey-payments'

  test.each<[string, fault.Granting]>([
    ['the ARN of another person', { arn: `${arn}/bob.2` }],
    [
      'the ARN of another role',
      { arn: arn.replace('payments', 'billing') + `/${aWish().sessionName}` },
    ],
    [
      'the ARN of another account',
      { arn: arn.replace('1111', '9999') + `/${aWish().sessionName}` },
    ],
    [
      'the ARN of another partition',
      { arn: arn.replace(':aws:', ':aws-cn:') + `/${aWish().sessionName}` },
    ],
    ['no ARN', { arn: '' }],
    ['the role id of another person', { assumedRoleId: 'AROAFAKE:bob.2' }],
    ['another source identity', { sourceIdentity: 'bob.2' }],
    ['no source identity', { sourceIdentity: '' }],
    ['an end in the past', { expiration: inMs(-1000) }],
    ['an end far beyond what was asked', { expiration: inMs(12 * HOUR) }],
    ['an end that is no time', { expiration: 'soon' }],
    ['no end', { expiration: '' }],
    ['no access key id', { accessKeyId: '' }],
    ['no secret key', { secretAccessKey: '' }],
    ['no session token', { sessionToken: '' }],
    ['a session token with a line break', { sessionToken: 'FAKESESSIONTOKEN\nX' }],
    ['no request id', { requestId: '' }],
  ])('%s', async (_, bent) => {
    sts.answer = granted(bent)
    const { assumeRole, logged } = aPortal()

    const error = await failureOf(assumeRole(aWish()))

    expect(error).toMatchObject({ code: 'upstream', reason: 'sts_invalid' })
    expect(sts.calls).toHaveLength(1)
    expectNoSecret(everythingOf(error) + JSON.stringify(logged))
  })

  test.each([
    ['an HTML page', raw(200, '<!doctype html><html><body><p>Log in</body></html>')],
    ['nothing', raw(200, '')],
    ['another document', raw(200, '<a><b/></a>')],
    ['a redirect', raw(302, '')],
    ['one that stops in the middle', fault.cutOff],
    ['one without end', fault.endless],
  ])('%s', async (_, answer) => {
    sts.answer = answer
    const { assumeRole, logged } = aPortal()

    const error = await failureOf(assumeRole(aWish()))

    expect(error).toMatchObject({ code: 'upstream', reason: 'sts_invalid' })
    expect(sts.calls).toHaveLength(1)
    expectNoSecret(everythingOf(error) + JSON.stringify(logged))
  })
})

describe('a refusal is final', () => {
  test('AccessDenied is asked once and says what to check, without a secret or an ARN', async () => {
    sts.answer = refused(403, 'AccessDenied')
    const { assumeRole, logged } = aPortal()

    const error = await failureOf(assumeRole(aWish()))

    expect(error).toMatchObject({ code: 'upstream', reason: 'sts_access_denied' })
    expect(error.mend).toMatch(/Principal.*sts:SetSourceIdentity.*sts:ExternalId/)
    expect(error.message + error.mend).not.toMatch(/arn:|6f0c1f0e/)
    expect(sts.calls).toHaveLength(1)
    expect(logged).toMatchObject([
      { awsCode: 'AccessDenied', httpStatus: 403, roleArn: aWish().roleArn, attempt: 1 },
    ])
    expectNoSecret(everythingOf(error) + JSON.stringify(logged))
  })

  test.each(['ValidationError', 'PackedPolicyTooLarge', 'ExpiredToken', 'RegionDisabledException'])(
    '%s',
    async (code) => {
      sts.answer = refused(400, code)
      const { assumeRole, logged } = aPortal()

      const error = await failureOf(assumeRole(aWish()))

      expect(error).toMatchObject({ code: 'upstream', reason: 'sts_refused' })
      expect(error.mend).toBeTruthy()
      expect(sts.calls).toHaveLength(1)
      expectNoSecret(everythingOf(error) + JSON.stringify(logged))
    },
  )
})

describe('what may pass is tried three times', () => {
  test.each([
    ['throttling', refused(400, 'Throttling'), 'unavailable', 'sts_throttled'],
    ['429', raw(429, ''), 'unavailable', 'sts_throttled'],
    ['500', refused(500, 'InternalFailure'), 'unavailable', 'sts_unavailable'],
    ['503 with a page', raw(503, '<html>no'), 'unavailable', 'sts_unavailable'],
    ['a reset at once', fault.resetAtOnce, 'unavailable', 'sts_unreachable'],
    ['a reset after the headers', fault.resetAfterHeaders, 'unavailable', 'sts_unreachable'],
  ])('%s', async (_, answer, code, reason) => {
    sts.answer = answer
    const { assumeRole, logged, slept } = aPortal()

    const error = await failureOf(assumeRole(aWish()))

    expect(error).toMatchObject({ code, reason })
    expect(error.retryAfter).toBeGreaterThan(0)
    expect(sts.calls).toHaveLength(3)
    expect(slept).toEqual([100, 200])
    expectNoSecret(everythingOf(error) + JSON.stringify(logged))
  })

  test('and the third may go well', async () => {
    sts.answer = (call) =>
      (sts.calls.length < 3 ? refused(500, 'InternalFailure') : granted())(call)
    await expect(aPortal().assumeRole(aWish())).resolves.toHaveProperty('sessionToken')
  })

  test('nobody listening', async () => {
    await sts.close()
    const { assumeRole, slept } = aPortal()
    expect(await failureOf(assumeRole(aWish()))).toMatchObject({ reason: 'sts_unreachable' })
    expect(slept).toHaveLength(2)
  })
})

describe('an STS that takes its time is left', () => {
  test.each([
    ['no answer at all', fault.hang],
    ['a body that drips', fault.dripping],
  ])('%s', async (_, answer) => {
    sts.answer = answer
    const { assumeRole, logged } = aPortal({ limits: SHORT })

    const error = await failureOf(assumeRole(aWish()))

    expect(error).toMatchObject({ code: 'timeout', reason: 'sts_timeout' })
    expect(sts.calls).toHaveLength(1)
    expectNoSecret(everythingOf(error) + JSON.stringify(logged))
    await vi.waitFor(() => expect(sts.sockets.size).toBe(0))
  })

  test.each([
    ['no answer at all', fault.hang],
    ['a body that drips', fault.dripping],
    ['a body without end', fault.endless],
  ])('no socket is left behind by 100 calls with %s', async (_, answer) => {
    sts.answer = answer
    const { assumeRole } = aPortal({ limits: SHORT })
    const wishes = Array.from({ length: 100 }, (_, n) =>
      aWish({ sessionName: `person.${n}`, roleArn: `arn:aws:iam::1:role/r${n}` }),
    )
    const ends = await Promise.allSettled(wishes.map((wish) => assumeRole(wish)))

    expect(ends.map((end) => end.status)).not.toContain('fulfilled')
    await vi.waitFor(() => expect(sts.sockets.size).toBe(0))
  })

  test('the limits of production end a hanging call after three seconds', async () => {
    sts.answer = fault.hang
    const { assumeRole } = aPortal()
    const started = performance.now()
    expect(await failureOf(assumeRole(aWish()))).toMatchObject({ reason: 'sts_timeout' })
    const took = performance.now() - started
    expect(took).toBeGreaterThan(2_900)
    // Well beyond, for a busy machine: a second try would take as long again.
    expect(took).toBeLessThan(5_500)
    expect(sts.calls).toHaveLength(1)
  })
})

describe('what keeps the portal from asking at all', () => {
  test('a region that is none', async () => {
    const { assumeRole } = aPortal()
    for (const region of ['us-east-1.evil.com#', '169.254.169.254']) {
      expect(await failureOf(assumeRole(aWish({ region })))).toMatchObject({
        code: 'upstream',
        reason: 'sts_not_asked',
      })
    }
    expect(sts.calls).toEqual([])
  })

  test('no credentials of its own', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined)
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined)
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null')
    vi.stubEnv('AWS_CONFIG_FILE', '/dev/null')
    expect(await failureOf(aPortal().assumeRole(aWish()))).toMatchObject({
      code: 'upstream',
      reason: 'sts_no_credentials',
    })
    expect(sts.calls).toEqual([])
  })
})
