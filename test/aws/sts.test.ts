import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { granted, refused, startFakeSts, type FakeSts } from './fake-sts.ts'
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

const MINUTE = 60_000
const endingIn = (milliseconds: number) =>
  granted({ expiration: new Date(Date.now() + milliseconds).toISOString() })

test('the call carries the person, the external id and a policy for one ARN, and nothing else', async () => {
  const wish = aWish()
  const session = await aPortal().assumeRole(wish)

  expect(session).toMatchObject({
    accessKeyId: 'ASIAFAKEFAKEFAKEFAKE',
    stsRequestId: '7a62c49f-347e-4fc4-9331-6e8eEXAMPLE',
  })
  expect(sts.calls).toEqual([
    {
      Action: 'AssumeRole',
      Version: '2011-06-15',
      RoleArn: wish.roleArn,
      ExternalId: wish.externalId,
      DurationSeconds: '3600',
      RoleSessionName: wish.sessionName,
      SourceIdentity: wish.sessionName,
      Policy: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 'rds-db:connect', Resource: wish.connectArn }],
      }),
    },
  ])
})

test('identical wishes at once are one call', async () => {
  const { assumeRole } = aPortal()
  const sessions = await Promise.all(Array.from({ length: 50 }, () => assumeRole(aWish())))

  expect(sts.calls).toHaveLength(1)
  expect(new Set(sessions).size).toBe(1)
})

test('two people in the same role at once are two calls with two source identities', async () => {
  const { assumeRole } = aPortal()
  await Promise.all([
    assumeRole(aWish({ sessionName: 'ada.1' })),
    assumeRole(aWish({ sessionName: 'bob.2' })),
  ])
  expect(sts.calls.map((call) => call['SourceIdentity']).toSorted()).toEqual(['ada.1', 'bob.2'])
})

test.each([
  ['another person', { sessionName: 'bob.2' }],
  ['another role', { roleArn: 'arn:aws:iam::111122223333:role/latchkey-billing' }],
  ['another database user', { connectArn: `${aWish().connectArn}_too` }],
  ['another external id', { externalId: 'ffffffff' }],
  ['another region', { region: 'eu-central-1' }],
])('a session is not used again for %s', async (_, difference) => {
  const { assumeRole } = aPortal()
  await assumeRole(aWish())
  await assumeRole(aWish(difference))
  expect(sts.calls).toHaveLength(2)
})

test('a session is used again while 15 minutes of it are left, and not a millisecond longer', async () => {
  const { assumeRole, clock } = aPortal()
  const first = await assumeRole(aWish())

  clock.now = new Date(first.expiresAt.getTime() - 15 * MINUTE)
  expect(await assumeRole(aWish())).toBe(first)
  expect(sts.calls).toHaveLength(1)

  clock.now = new Date(clock.now.getTime() + 1)
  sts.answer = granted({ expiration: new Date(clock.now.getTime() + 60 * MINUTE).toISOString() })
  expect(await assumeRole(aWish())).not.toBe(first)
  expect(sts.calls).toHaveLength(2)
})

test('a session that is born short is handed out once and not kept', async () => {
  sts.answer = endingIn(2 * MINUTE)
  const { assumeRole } = aPortal()
  await assumeRole(aWish())
  await assumeRole(aWish())
  expect(sts.calls).toHaveLength(2)
})

test('a failure is not kept: the next wish asks again', async () => {
  const { assumeRole } = aPortal()
  sts.answer = refused(403, 'AccessDenied')
  await expect(assumeRole(aWish())).rejects.toMatchObject({ reason: 'sts_access_denied' })
  sts.answer = granted()
  await expect(assumeRole(aWish())).resolves.toMatchObject({ accessKeyId: 'ASIAFAKEFAKEFAKEFAKE' })
})

test('the endpoint is that of the region unless the environment names another', async () => {
  const { stsClients } = await import('../../server/aws/sts-client.ts')
  vi.stubEnv('AWS_ENDPOINT_URL_STS', '')
  const client = stsClients()('eu-central-1')
  const hosts: string[] = []
  client.middlewareStack.add(
    () => async (args) => {
      hosts.push((args.request as { hostname: string }).hostname)
      throw new Error('stop here')
    },
    { step: 'finalizeRequest', priority: 'low' },
  )
  const { GetCallerIdentityCommand } = await import('@aws-sdk/client-sts')
  await expect(client.send(new GetCallerIdentityCommand({}))).rejects.toThrow('stop here')
  expect(hosts).toEqual(['sts.eu-central-1.amazonaws.com'])
})
