import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { defineAccount, type Account } from './iam.ts'
import { unseal } from './sealed-session.ts'
import { startSts, type Sts, type StsCall, type StsFault } from './sts.ts'

const ROLE = 'arn:aws:iam::111122223333:role/team'
const OPEN_ROLE = 'arn:aws:iam::111122223333:role/by-account'
const PORTAL = 'arn:aws:iam::111122223333:user/portal'
const EXTERNAL_ID = '6f0c1f0e-52a1-4c0e-9a54-2c9f2f0b7c11'
const user = (name: string, policies: object[] = []) => ({
  name,
  accessKeyId: `AKIADEMO${name.toUpperCase().padEnd(12, '2')}`,
  secretAccessKey: `secret/of+${name}`,
  policies,
})
const allow = (Action: string, Resource: string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action, Resource }],
})

const define = () =>
  defineAccount({
    id: '111122223333',
    regions: ['eu-west-1', 'eu-central-1'],
    sealingKey: randomBytes(32),
    users: [user('portal'), user('nobody'), user('delegate', [allow('sts:AssumeRole', OPEN_ROLE)])],
    roles: [
      {
        name: 'team',
        trust: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: { AWS: PORTAL },
              Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'],
              Condition: {
                StringEquals: { 'sts:ExternalId': EXTERNAL_ID },
                StringLike: { 'sts:SourceIdentity': '*@example.com' },
              },
            },
          ],
        },
        policies: { connect: allow('rds-db:connect', '*') },
        maxSessionDuration: 3600,
      },
      {
        name: 'by-account',
        trust: {
          Version: '2012-10-17',
          Statement: {
            Effect: 'Allow',
            Principal: { AWS: 'arn:aws:iam::111122223333:root' },
            Action: 'sts:AssumeRole',
          },
        },
        policies: {},
        maxSessionDuration: 3600,
      },
    ],
  })

let account: Account
let sts: Sts
let now: number
let fault: StsFault | undefined
let calls: StsCall[]
beforeEach(async () => {
  account = define()
  now = Date.now()
  fault = undefined
  calls = []
  const onCall = (call: StsCall) => {
    calls.push(call)
    return fault
  }
  sts = await startSts({ account, now: () => now, onCall })
})
afterEach(() => sts.close())

type Keys = { accessKeyId: string; secretAccessKey: string; sessionToken?: string }
const keysOf = (name: string): Keys => {
  const found = user(name)
  return { accessKeyId: found.accessKeyId, secretAccessKey: found.secretAccessKey }
}
const client = (credentials = keysOf('portal'), region = 'eu-west-1', systemClockOffset = 0) =>
  new STSClient({ endpoint: sts.url, region, credentials, maxAttempts: 1, systemClockOffset })
const wish = {
  RoleArn: ROLE,
  RoleSessionName: 'ada@example.com',
  SourceIdentity: 'ada@example.com',
  ExternalId: EXTERNAL_ID,
  DurationSeconds: 900,
}
const assume = (changes: Partial<AssumeRoleCommand['input']> = {}, by = client()) =>
  by.send(new AssumeRoleCommand({ ...wish, ...changes }))

describe('a role is assumed', () => {
  test('and the answer says as whom, until when, with which source identity', async () => {
    const policy = JSON.stringify(allow('rds-db:connect', 'arn:aws:rds-db:*'))
    const answer = await assume({ Policy: policy })
    expect(answer.Credentials?.AccessKeyId).toMatch(/^ASIADEMO[A-Z2-7]{12}$/)
    expect(answer.Credentials?.Expiration?.getTime()).toBe(Math.floor(now / 1000 + 900) * 1000)
    expect(answer.AssumedRoleUser?.Arn).toBe(
      'arn:aws:sts::111122223333:assumed-role/team/ada@example.com',
    )
    expect(answer.SourceIdentity).toBe('ada@example.com')
    expect(answer.PackedPolicySize).toBe(Math.ceil((policy.length / 2048) * 100))
    expect(answer.$metadata.requestId).toMatch(/^[0-9a-f-]{36}$/)
    expect(unseal(answer.Credentials?.SessionToken ?? '', account.sealingKey)).toMatchObject({
      roleArn: ROLE,
      sourceIdentity: 'ada@example.com',
      policy,
    })
  })

  test('with a session token about as long as real ones, or as long as asked', async () => {
    const usual = await assume()
    expect(usual.Credentials?.SessionToken?.length).toBeGreaterThanOrEqual(1000)
    const long = await assume({ MinimumSessionTokenSize: 4096 })
    expect(long.Credentials?.SessionToken?.length).toBeGreaterThanOrEqual(4096)
    expect(long.SessionTokenSize).toBe(long.Credentials?.SessionToken?.length)
  })

  test('and the session may ask who it is, in any region of the account', async () => {
    const { Credentials } = await assume()
    const session = {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    }
    const who = await client(session, 'eu-central-1').send(new GetCallerIdentityCommand({}))
    expect(who.Arn).toBe('arn:aws:sts::111122223333:assumed-role/team/ada@example.com')
    await expect(assume({}, client(session))).rejects.toMatchObject({ name: 'AccessDenied' })
    now += 900_000
    const later = client(session, 'eu-west-1', 900_000)
    await expect(later.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
      name: 'ExpiredToken',
    })
  })

  test('by way of the account only where the caller has its own permission', async () => {
    const open = {
      RoleArn: OPEN_ROLE,
      ExternalId: undefined,
      SourceIdentity: undefined,
    } as unknown as Partial<AssumeRoleCommand['input']>
    await expect(assume(open, client(keysOf('delegate')))).resolves.toHaveProperty('Credentials')
    await expect(assume(open)).rejects.toMatchObject({ name: 'AccessDenied' })
  })
})

const denied = { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } }
const invalid = { name: 'ValidationError', $metadata: { httpStatusCode: 400 } }
test.each<[string, Partial<AssumeRoleCommand['input']>, object]>([
  ['a role that does not exist', { RoleArn: `${ROLE}x` }, denied],
  ['a wrong external id', { ExternalId: 'another' }, denied],
  ['no external id', { ExternalId: undefined }, denied],
  ['no source identity where the trust policy asks for one', { SourceIdentity: undefined }, denied],
  ['a source identity that is not trusted', { SourceIdentity: 'ada@example.org' }, denied],
  ['no role', { RoleArn: 'team' }, invalid],
  ['less than 15 minutes', { DurationSeconds: 899 }, invalid],
  ['more than the role allows', { DurationSeconds: 3601 }, invalid],
  ['more than any role allows', { DurationSeconds: 43_201 }, invalid],
  ['a session name with a blank', { RoleSessionName: 'Ada Marín' }, invalid],
  ['a session name of one letter', { RoleSessionName: 'a' }, invalid],
  ['a session name of 65 letters', { RoleSessionName: 'a'.repeat(65) }, invalid],
  ['a source identity that starts with aws:', { SourceIdentity: 'aws:x' }, invalid],
  ['a session policy of 2,049 characters', { Policy: ' '.repeat(2049) }, invalid],
  ['session tags, which the lab does not know', { Tags: [{ Key: 'a', Value: 'b' }] }, invalid],
  [
    'a session policy that is not JSON',
    { Policy: '{' },
    { name: 'MalformedPolicyDocumentException' },
  ],
  [
    'a session policy with an element that the lab does not know',
    { Policy: JSON.stringify({ Version: '2012-10-17', Statement: [{ NotAction: '*' }] }) },
    { name: 'MalformedPolicyDocumentException' },
  ],
])('refused: %s', async (_, change, refusal) => {
  await expect(assume(change as typeof wish)).rejects.toMatchObject(refusal)
})

describe('who signs is checked', () => {
  test.each<[string, () => Keys, string]>([
    [
      'a wrong secret',
      () => ({ ...keysOf('portal'), secretAccessKey: 'x' }),
      'SignatureDoesNotMatch',
    ],
    [
      'an unknown key',
      () => ({ accessKeyId: 'AKIADEMOX', secretAccessKey: 'x' }),
      'InvalidClientTokenId',
    ],
    [
      'a user key with a session token',
      () => ({ ...keysOf('portal'), sessionToken: 'x' }),
      'InvalidClientTokenId',
    ],
    ['somebody who is not trusted', () => keysOf('nobody'), 'AccessDenied'],
  ])('%s', async (_, keys, name) => {
    await expect(assume({}, client(keys()))).rejects.toMatchObject({ name })
  })

  test('the session token of another session', async () => {
    const [one, two] = await Promise.all([assume(), assume()])
    const mixed = {
      accessKeyId: one.Credentials?.AccessKeyId ?? '',
      secretAccessKey: one.Credentials?.SecretAccessKey ?? '',
      sessionToken: two.Credentials?.SessionToken ?? '',
    }
    await expect(client(mixed).send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
      name: 'InvalidClientTokenId',
    })
  })

  test('a region that the account does not use', async () => {
    await expect(assume({}, client(keysOf('portal'), 'us-east-1'))).rejects.toMatchObject({
      name: 'SignatureDoesNotMatch',
    })
  })

  test.each([-6, 6])('a clock that is %i minutes off', async (minutes) => {
    now += minutes * 60_000
    await expect(assume()).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' })
  })

  test('a body that was changed after signing', async () => {
    const by = client()
    by.middlewareStack.add(
      (next) => (args) => {
        const request = args.request as { body: string }
        request.body = request.body.replace('DurationSeconds=900', 'DurationSeconds=901')
        return next(args)
      },
      { step: 'finalizeRequest', priority: 'low' },
    )
    await expect(assume({}, by)).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' })
    expect(calls[0]?.parameters.get('DurationSeconds')).toBe('901')
  })

  test('no signature at all', async () => {
    const body = new URLSearchParams({ Action: 'GetCallerIdentity', Version: '2011-06-15' })
    const response = await fetch(sts.url, { method: 'POST', body })
    expect(response.status).toBe(403)
    expect(await response.text()).toContain('<Code>MissingAuthenticationToken</Code>')
  })
})

describe('faults on request', () => {
  test.each<[StsFault, object]>([
    [{ kind: 'throttle' }, { name: 'Throttling' }],
    [{ kind: 'error' }, { name: 'InternalFailure', $metadata: { httpStatusCode: 500 } }],
    [{ kind: 'reset' }, { code: 'ECONNRESET' }],
    [{ kind: 'garbage' }, {}],
  ])('%o', async (kind, failure) => {
    fault = kind
    await expect(assume()).rejects.toMatchObject(failure)
    expect(calls).toHaveLength(1)
  })

  test('a hanging call ends when the client gives up', async () => {
    fault = { kind: 'hang' }
    const abort = AbortSignal.timeout(100)
    const sent = client().send(new AssumeRoleCommand(wish), { abortSignal: abort })
    await expect(sent).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('a delayed call is answered after all', async () => {
    fault = { kind: 'delay', milliseconds: 50 }
    await expect(assume()).resolves.toHaveProperty('Credentials')
  })
})

test('two on one port: the second is told which', async () => {
  await expect(startSts({ account, port: sts.port })).rejects.toThrow(
    `Port ${sts.port}, for the STS of the lab, is taken`,
  )
})
