import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { makePortalPrincipal, principalOf } from '../../server/aws/portal-principal.ts'
import { demoAccount } from '../lab/account.ts'
import { makeAccessKeyId, makeSecretAccessKey } from '../lab/sealed-session.ts'
import type { QueryFault } from '../lab/query-service.ts'
import { startSts, type Sts } from '../lab/sts.ts'

const keys = {
  accessKeyId: makeAccessKeyId('AKIA'),
  secretAccessKey: makeSecretAccessKey(),
  sealingKey: Buffer.alloc(32, 7).toString('base64'),
}
const asked: string[] = []
let fault: QueryFault | undefined
let sts: Sts
beforeAll(async () => {
  sts = await startSts({
    account: demoAccount(keys),
    onCall: ({ action }) => {
      asked.push(action)
      return fault
    },
  })
  vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.url)
  vi.stubEnv('AWS_ACCESS_KEY_ID', keys.accessKeyId)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', keys.secretAccessKey)
})
afterAll(() => sts?.close())

test('it is the user or role whose credentials the portal has, and it is asked for once', async () => {
  const principal = makePortalPrincipal(() => 'eu-west-1')
  expect(await principal()).toMatch(/^arn:aws:iam::111122223333:user\/.+/)
  await principal()
  expect(asked).toEqual(['GetCallerIdentity'])
})

test('where AWS does not answer, nothing is proposed, and it is asked again', async () => {
  asked.length = 0
  const principal = makePortalPrincipal(() => 'eu-west-1')
  fault = { kind: 'error' }
  expect(await principal()).toBeNull()
  fault = undefined
  expect(await principal()).not.toBeNull()
  expect(asked).toHaveLength(2)
})

test('without a region nobody is asked', async () => {
  asked.length = 0
  expect(await makePortalPrincipal(() => undefined)()).toBeNull()
  expect(asked).toEqual([])
})

test.each([
  [
    'arn:aws:sts::111122223333:assumed-role/latchkey/i-0123456789abcdef0',
    'arn:aws:iam::111122223333:role/latchkey',
  ],
  [
    'arn:aws-us-gov:sts::111122223333:assumed-role/latchkey/ecs',
    'arn:aws-us-gov:iam::111122223333:role/latchkey',
  ],
  ['arn:aws:iam::111122223333:user/ops/latchkey', 'arn:aws:iam::111122223333:user/ops/latchkey'],
  ['arn:aws:iam::111122223333:root', null],
  ['arn:aws:sts::111122223333:federated-user/ada', null],
  ['', null],
])('who is %s is trusted as %s', (arn, principal) => expect(principalOf(arn)).toBe(principal))
