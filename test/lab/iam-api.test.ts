import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  DeletePolicyCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DeleteUserPolicyCommand,
  DetachRolePolicyCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  GetUserPolicyCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  ListUserPoliciesCommand,
  paginateSimulatePrincipalPolicy,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
  SimulatePrincipalPolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Account, defineAccount } from './iam.ts'
import { type IamApi, startIamApi } from './iam-api.ts'
import { allow, trustUser } from './policy-documents.ts'
import { refuseToken } from './rds-token.ts'
import { signWithSdk } from './door-tokens.ts'
import { startSts, type Sts } from './sts.ts'

const ID = '111122223333'
const user = (name: string, actions: string[]) => ({
  name,
  accessKeyId: `AKIADEMO${name.toUpperCase().padEnd(12, '2')}`,
  secretAccessKey: `secret/of+${name}`,
  policies: [allow(actions, ['*'])],
})
const ADMINISTRATOR = user('administrator', ['iam:*'])
const PORTAL = user('portal', ['sts:AssumeRole', 'iam:Get*'])
const PORTAL_ARN = `arn:aws:iam::${ID}:user/portal`
const TRUST = trustUser(PORTAL_ARN, 'an-external-id')
const connectArn = (name: string) => `arn:aws:rds-db:eu-west-1:${ID}:dbuser:cluster-ABC/${name}`
const CONNECT = allow(['rds-db:connect'], [connectArn('reader')])

let account: Account
let iam: IamApi
let sts: Sts
beforeEach(async () => {
  account = defineAccount({
    id: ID,
    regions: ['eu-west-1'],
    sealingKey: randomBytes(32),
    users: [ADMINISTRATOR, PORTAL],
    roles: [
      {
        name: 'team',
        trust: TRUST,
        policies: { 'connect ü&<>': CONNECT },
        maxSessionDuration: 3600,
      },
    ],
  })
  iam = await startIamApi({ account })
  sts = await startSts({ account })
})
afterEach(async () => {
  await iam.close()
  await sts.close()
})

const client = (credentials = ADMINISTRATOR, region = 'us-east-1') =>
  new IAMClient({ endpoint: iam.url, region, credentials, maxAttempts: 1 })
const json = (document: object) => JSON.stringify(document)
const decoded = (text = '') => JSON.parse(decodeURIComponent(text)) as unknown

/** @returns why a token of a new session of this role does not open the database, undefined when it does */
async function tryRole(name: string, dbUser = 'reader'): Promise<string | undefined> {
  const by = new STSClient({ endpoint: sts.url, region: 'eu-west-1', credentials: PORTAL })
  const { Credentials: keys } = await by.send(
    new AssumeRoleCommand({
      RoleArn: `arn:aws:iam::${ID}:role/${name}`,
      RoleSessionName: 'ada',
      SourceIdentity: 'ada',
      ExternalId: 'an-external-id',
    }),
  )
  const session = {
    accessKeyId: keys?.AccessKeyId ?? '',
    secretAccessKey: keys?.SecretAccessKey ?? '',
    sessionToken: keys?.SessionToken ?? '',
  }
  const hostname = 'orders.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com'
  const token = await signWithSdk(session, { hostname, username: dbUser })
  const endpoint = { host: hostname, port: 5432, region: 'eu-west-1', resource: 'cluster-ABC' }
  return refuseToken(token, dbUser, endpoint, account, Date.now())
}

describe('what is read', () => {
  test('a role with its trust policy, from whatever region is signed for', async () => {
    const wish = new GetRoleCommand({ RoleName: 'team' })
    const { Role } = await client(ADMINISTRATOR, 'eu-west-1').send(wish)
    expect(Role).toMatchObject({
      RoleName: 'team',
      Arn: `arn:aws:iam::${ID}:role/team`,
      MaxSessionDuration: 3600,
      CreateDate: new Date('2026-01-01T00:00:00Z'),
    })
    expect(decoded(Role?.AssumeRolePolicyDocument)).toEqual(TRUST)
  })

  test('its inline policies by name, each as it was written', async () => {
    const { PolicyNames } = await client().send(new ListRolePoliciesCommand({ RoleName: 'team' }))
    expect(PolicyNames).toEqual(['connect ü&<>'])
    const { PolicyDocument } = await client().send(
      new GetRolePolicyCommand({ RoleName: 'team', PolicyName: 'connect ü&<>' }),
    )
    expect(decoded(PolicyDocument)).toEqual(CONNECT)
  })

  test.each([
    ['a role', new GetRoleCommand({ RoleName: 'x' })],
    ['a policy of a role', new GetRolePolicyCommand({ RoleName: 'team', PolicyName: 'x' })],
    ['a managed policy', new GetPolicyCommand({ PolicyArn: `arn:aws:iam::${ID}:policy/x12345` })],
  ])('%s that is not there is NoSuchEntity', async (_, command) => {
    await expect(client().send(command as GetRoleCommand)).rejects.toMatchObject({
      name: 'NoSuchEntityException',
      $metadata: { httpStatusCode: 404 },
    })
  })
})

test('a set-up opens a database, and taking it away closes it and leaves nothing', async () => {
  const by = client()
  await by.send(
    new CreateRoleCommand({ RoleName: 'latchkey-new', AssumeRolePolicyDocument: json(TRUST) }),
  )
  expect(await tryRole('latchkey-new')).toMatch(/nobody allows rds-db:connect/)
  const { Policy } = await by.send(
    new CreatePolicyCommand({ PolicyName: 'connect', PolicyDocument: json(CONNECT) }),
  )
  const PolicyArn = Policy?.Arn
  expect(PolicyArn).toBe(`arn:aws:iam::${ID}:policy/connect`)
  await by.send(new AttachRolePolicyCommand({ RoleName: 'latchkey-new', PolicyArn }))
  expect(await tryRole('latchkey-new')).toBeUndefined()
  expect(await tryRole('latchkey-new', 'writer')).toMatch(/nobody allows rds-db:connect/)

  const attached = new ListAttachedRolePoliciesCommand({ RoleName: 'latchkey-new' })
  expect((await by.send(attached)).AttachedPolicies).toEqual([{ PolicyName: 'connect', PolicyArn }])
  expect((await by.send(new GetPolicyCommand({ PolicyArn }))).Policy).toMatchObject({
    AttachmentCount: 1,
    DefaultVersionId: 'v1',
  })
  const version = new GetPolicyVersionCommand({ PolicyArn, VersionId: 'v1' })
  expect(decoded((await by.send(version)).PolicyVersion?.Document)).toEqual(CONNECT)

  const inUse = { name: 'DeleteConflictException', $metadata: { httpStatusCode: 409 } }
  const deleteRole = new DeleteRoleCommand({ RoleName: 'latchkey-new' })
  await expect(by.send(deleteRole)).rejects.toMatchObject(inUse)
  await expect(by.send(new DeletePolicyCommand({ PolicyArn }))).rejects.toMatchObject(inUse)
  await by.send(new DetachRolePolicyCommand({ RoleName: 'latchkey-new', PolicyArn }))
  expect(await tryRole('latchkey-new')).toMatch(/nobody allows rds-db:connect/)
  await by.send(deleteRole)
  await by.send(new DeletePolicyCommand({ PolicyArn }))
  await expect(tryRole('latchkey-new')).rejects.toMatchObject({ name: 'AccessDenied' })
  expect([...account.roles.keys()]).toEqual([`arn:aws:iam::${ID}:role/team`])
  expect(account.managed.size).toBe(0)
})

test('an inline policy opens and closes as well, and a trust policy lets nobody else in', async () => {
  const by = client()
  const PolicyName = 'writers'
  const PolicyDocument = json(allow(['rds-db:connect'], [connectArn('writer')]))
  await by.send(new PutRolePolicyCommand({ RoleName: 'team', PolicyName, PolicyDocument }))
  expect(await tryRole('team', 'writer')).toBeUndefined()
  await by.send(new DeleteRolePolicyCommand({ RoleName: 'team', PolicyName }))
  expect(await tryRole('team', 'writer')).toMatch(/nobody allows rds-db:connect/)
  const other = json(trustUser(PORTAL_ARN, 'another-id'))
  await by.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'team', PolicyDocument: other }))
  await expect(tryRole('team')).rejects.toMatchObject({ name: 'AccessDenied' })
})

test('what is written into a user counts, until it is taken away', async () => {
  const by = client()
  const of = { UserName: 'portal', PolicyName: 'write' }
  const tried = () =>
    client(PORTAL).send(new DeleteRolePolicyCommand({ RoleName: 'team', PolicyName: 'x' }))
  await expect(tried()).rejects.toMatchObject({ name: 'AccessDenied' })
  const document = allow(['iam:DeleteRolePolicy'], ['*'])
  await by.send(new PutUserPolicyCommand({ ...of, PolicyDocument: json(document) }))
  await expect(tried()).rejects.toMatchObject({ name: 'NoSuchEntityException' })
  const { PolicyDocument } = await by.send(new GetUserPolicyCommand(of))
  expect(decoded(PolicyDocument)).toEqual(document)
  await by.send(new DeleteUserPolicyCommand(of))
  await expect(tried()).rejects.toMatchObject({ name: 'AccessDenied' })
  const list = new ListUserPoliciesCommand({ UserName: 'portal' })
  expect((await by.send(list)).PolicyNames).toEqual(['policy-1'])
})

describe('what is refused', () => {
  const trust = (arn: string) => json(trustUser(arn, 'an-external-id'))
  test.each([
    [
      'a role of a name that is taken in other capitals',
      new CreateRoleCommand({ RoleName: 'TEAM', AssumeRolePolicyDocument: json(TRUST) }),
      'EntityAlreadyExistsException',
    ],
    [
      'trust in somebody whom the account does not have',
      new CreateRoleCommand({
        RoleName: 'new',
        AssumeRolePolicyDocument: trust(`arn:aws:iam::${ID}:user/nobody`),
      }),
      'MalformedPolicyDocumentException',
    ],
    [
      'a policy that is not JSON',
      new PutRolePolicyCommand({ RoleName: 'team', PolicyName: 'x', PolicyDocument: '{”}' }),
      'MalformedPolicyDocumentException',
    ],
    [
      'a tag, which the lab would forget',
      new CreateRoleCommand({
        RoleName: 'new',
        AssumeRolePolicyDocument: json(TRUST),
        Tags: [{ Key: 'a', Value: 'b' }],
      }),
      'ValidationError',
    ],
  ])('%s', async (_, command, name) => {
    await expect(client().send(command as CreateRoleCommand)).rejects.toMatchObject({ name })
    expect(account.roles.size).toBe(1)
    expect(account.roles.get(`arn:aws:iam::${ID}:role/team`)?.policies.size).toBe(1)
  })

  test('a write by somebody who may only read', async () => {
    const by = client(PORTAL)
    await expect(by.send(new GetRoleCommand({ RoleName: 'team' }))).resolves.toBeDefined()
    const PolicyDocument = json(allow(['*'], ['*']))
    await expect(
      by.send(new PutRolePolicyCommand({ RoleName: 'team', PolicyName: 'x', PolicyDocument })),
    ).rejects.toMatchObject({
      name: 'AccessDenied',
      message: `User: ${PORTAL_ARN} is not authorized to perform: iam:PutRolePolicy on resource: arn:aws:iam::${ID}:role/team because no identity-based policy allows the iam:PutRolePolicy action`,
    })
  })
})

describe('simulated', () => {
  const PolicySourceArn = `arn:aws:iam::${ID}:role/team`

  test('what a role opens, what it does not, and what it is denied', async () => {
    const deny = { Effect: 'Deny', Action: 'rds-db:connect', Resource: connectArn('writer') }
    const PolicyDocument = json({ Version: '2012-10-17', Statement: deny })
    await client().send(
      new PutRolePolicyCommand({ RoleName: 'team', PolicyName: 'deny', PolicyDocument }),
    )
    const { EvaluationResults } = await client().send(
      new SimulatePrincipalPolicyCommand({
        PolicySourceArn,
        ActionNames: ['rds-db:connect'],
        ResourceArns: ['reader', 'writer', 'other'].map(connectArn),
      }),
    )
    expect(EvaluationResults?.map((it) => [it.EvalResourceName, it.EvalDecision])).toEqual([
      [connectArn('reader'), 'allowed'],
      [connectArn('writer'), 'explicitDeny'],
      [connectArn('other'), 'implicitDeny'],
    ])
  })

  test('page by page', async () => {
    const ResourceArns = Array.from({ length: 250 }, (_, n) => connectArn(`user${n}`))
    const pages = paginateSimulatePrincipalPolicy(
      { client: client(), pageSize: 100 },
      { PolicySourceArn, ActionNames: ['rds-db:connect'], ResourceArns },
    )
    const seen: string[] = []
    for await (const { EvaluationResults = [] } of pages)
      seen.push(...EvaluationResults.map((it) => it.EvalResourceName ?? ''))
    expect(seen).toEqual(ResourceArns)
  })
})
