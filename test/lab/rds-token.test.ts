import { Signer } from '@aws-sdk/rds-signer'
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { defineAccount } from './iam.ts'
import { refuseToken } from './rds-token.ts'
import { makeAccessKeyId, makeSecretAccessKey, seal, unseal } from './sealed-session.ts'

/* The AWS SDK signs, our own code verifies: each checks the other. */

const sealingKey = randomBytes(32)
const endpoint = {
  host: 'orders.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com',
  port: 5432,
  region: 'eu-west-1',
  resource: 'db-A',
}
const account = defineAccount({
  id: '111122223333',
  regions: ['eu-west-1'],
  sealingKey,
  users: [],
  roles: [
    {
      name: 'team',
      trust: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { AWS: 'x' }, Action: 'sts:AssumeRole' }],
      },
      policies: {
        all: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: 'rds-db:connect', Resource: '*' }],
        },
      },
      maxSessionDuration: 3600,
    },
  ],
})

async function signFor(username: string, size: number): Promise<string> {
  const accessKeyId = makeAccessKeyId('ASIA')
  const secretAccessKey = makeSecretAccessKey()
  const issuedAt = Date.now()
  const sessionToken = seal(
    {
      accessKeyId,
      secretAccessKey,
      roleArn: 'arn:aws:iam::111122223333:role/team',
      sessionName: 'ada',
      sourceIdentity: null,
      policy: null,
      issuedAt,
      expiresAt: issuedAt + 900_000,
    },
    sealingKey,
    size,
  )
  const { host: hostname, port, region } = endpoint
  const credentials = { accessKeyId, secretAccessKey, sessionToken }
  return new Signer({ hostname, port, region, username, credentials }).getAuthToken()
}
const refuse = (token: string, user: string) =>
  refuseToken(token, user, endpoint, account, Date.now())

const anyUser = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 40 })
  .filter((user) => !user.includes('\0'))

test('every user name that the SDK can sign for is verified', async () => {
  await fc.assert(
    fc.asyncProperty(anyUser, fc.integer({ min: 400, max: 9000 }), async (user, size) => {
      expect(refuse(await signFor(user, size), user)).toBeUndefined()
    }),
    { numRuns: 300 },
  )
})

test('a token with any one character changed is refused', async () => {
  const token = await signFor("ada+test@example.com (ro)*!'~ü", 1000)
  const user = "ada+test@example.com (ro)*!'~ü"
  expect(refuse(token, user)).toBeUndefined()
  fc.assert(
    fc.property(fc.nat(token.length - 1), fc.constantFrom(...'0aZ%&=/?:.~ é'), (at, character) => {
      // The two spellings of one escaped byte, `%2F` and `%2f`, mean the same and are no change.
      fc.pre(token[at]?.toLowerCase() !== character.toLowerCase())
      const changed = token.slice(0, at) + character + token.slice(at + 1)
      expect(refuse(changed, user)).toEqual(expect.any(String))
    }),
    { numRuns: 1500 },
  )
})

test.each([
  ['a parameter twice', (token: string) => `${token}&Action=connect`],
  ['a parameter that we do not know', (token: string) => `${token}&X-Amz-Extra=1`],
  ['a parameter without a value', (token: string) => `${token}&X`],
  ['https:// before it', (token: string) => `https://${token}`],
  ['a blank before it', (token: string) => ` ${token}`],
  ['a line end behind it', (token: string) => `${token}\n`],
  ['cut off', (token: string) => token.slice(0, 511)],
])('refused: a token with %s', async (_, change) => {
  expect(refuse(change(await signFor('ada', 1000)), 'ada')).toEqual(expect.any(String))
})

test('what is sealed opens with its key alone, and to the last bit', () => {
  const token = seal({ roleArn: 'x' } as Parameters<typeof seal>[0], sealingKey)
  expect(unseal(token, sealingKey)).toEqual({ roleArn: 'x' })
  expect(unseal(token, randomBytes(32))).toBeUndefined()
  expect(unseal(`${token} `, sealingKey)).toBeUndefined()
  fc.assert(
    fc.property(fc.nat(token.length - 1), fc.constantFrom('A', 'b', '9', '/'), (at, letter) => {
      fc.pre(token[at] !== letter)
      expect(unseal(token.slice(0, at) + letter + token.slice(at + 1), sealingKey)).toBeUndefined()
    }),
  )
})
