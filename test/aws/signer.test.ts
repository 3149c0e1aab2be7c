import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RoleSession } from '../../server/core/access/ports.ts'
import { makeSignToken } from '../../server/aws/signer.ts'
import { parseScope, sha256, sign } from '../lab/sigv4.ts'

const HOST = 'orders.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com'
const signToken = makeSignToken({ now: () => new Date() })

const aSession = (session: Partial<RoleSession> = {}): RoleSession => ({
  accessKeyId: 'ASIAFAKEFAKEFAKEFAKE',
  secretAccessKey: 'fakesecret/fakesecret+fakesecret/fakesecr',
  sessionToken: 'x'.repeat(356),
  expiresAt: new Date(Date.now() + 3_600_000),
  stsRequestId: 'r',
  ...session,
})
const aTarget = { host: HOST, port: 5432, region: 'eu-west-1', user: 'orders_reader' }
const parametersOf = (token: string) => new URL(`https://${token}`).searchParams

test('the token is for exactly this host, port, region and database user', async () => {
  const { token } = await signToken({ ...aTarget, session: aSession() })
  const { host, pathname, searchParams } = new URL(`https://${token}`)

  expect({ host, pathname, ...Object.fromEntries(searchParams) }).toMatchObject({
    host: `${HOST}:5432`,
    pathname: '/',
    Action: 'connect',
    DBUser: 'orders_reader',
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Expires': '900',
    'X-Amz-SignedHeaders': 'host',
    'X-Amz-Security-Token': 'x'.repeat(356),
  })
  expect(searchParams.get('X-Amz-Credential')).toMatch(
    /^ASIAFAKEFAKEFAKEFAKE\/\d{8}\/eu-west-1\/rds-db\/aws4_request$/,
  )
})

test('the signature is the one that SigV4 prescribes, whatever the user is called', async () => {
  const users = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(users, async (user) => {
      const session = aSession({ sessionToken: 'a/b+c=='.repeat(60) })
      const { token } = await signToken({ ...aTarget, user, session })
      expect(parametersOf(token).get('DBUser')).toBe(user)
      expect(parametersOf(token).get('X-Amz-Signature')).toBe(signatureOf(token, session))
    }),
    { numRuns: 200 },
  )
})

test('a token has no character that a quote of any shell or language gives a meaning', async () => {
  const users = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(
      users,
      fc.base64String({ minLength: 40, maxLength: 400 }),
      async (name, sessionToken) => {
        // No name in a database has half a character.
        const user = name.toWellFormed()
        const { token } = await signToken({ ...aTarget, user, session: aSession({ sessionToken }) })
        // What `core/connect/token-form.ts` is built on.
        expect(token).toMatch(/^[A-Za-z0-9.:/?=&%_~-]+$/)
      },
    ),
    { numRuns: 30 },
  )
})

test('the host is signed in lower case', async () => {
  const { token } = await signToken({
    ...aTarget,
    host: 'Orders.CX1.EU-West-1.RDS.amazonaws.com',
    session: aSession(),
  })
  expect(token.startsWith('orders.cx1.eu-west-1.rds.amazonaws.com:5432/?')).toBe(true)
  expect(parametersOf(token).get('X-Amz-Signature')).toBe(signatureOf(token, aSession()))
})

test.each([
  [356, 13, 778],
  [1500, 47, 1990],
  [4096, 131, 4754],
])(
  'a session token of %i characters, %i of them escaped, makes a token of %i',
  async (size, escaped, length) => {
    const sessionToken = 'A'.repeat(size - escaped) + '/'.repeat(escaped)
    const { token } = await signToken({
      host: 'mydb.abcdefghijklmnopqrstuvwxyz0123456789.us-east-1.rds.amazonaws.com'.slice(-67),
      port: 5432,
      region: 'us-east-1',
      user: 'mydbuser',
      session: aSession({ sessionToken }),
    })
    expect(parametersOf(token).get('X-Amz-Security-Token')).toBe(sessionToken)
    expect(token).toHaveLength(length)
  },
)

test('it ends 15 minutes after the second that stands in the token', async () => {
  const before = Date.now()
  const signed = await signToken({ ...aTarget, session: aSession() })
  const written = parametersOf(signed.token).get('X-Amz-Date') ?? ''

  expect(signed.signedAt.toISOString().replace(/[-:]|\.\d+/g, '')).toBe(written)
  expect(signed.signedAt.getTime()).toBeGreaterThan(before - 1000)
  expect(signed.signedAt.getTime()).toBeLessThanOrEqual(Date.now())
  expect(signed.expiresAt.getTime() - signed.signedAt.getTime()).toBe(15 * 60_000)
  expect(signed.endsWith).toBe('token')
})

test('it ends with the session when that is sooner', async () => {
  const expiresAt = new Date(Date.now() + 10 * 60_000)
  const signed = await signToken({ ...aTarget, session: aSession({ expiresAt }) })
  expect(signed).toMatchObject({ expiresAt, endsWith: 'session' })
})

test('a session with less than a minute left signs nothing', async () => {
  const now = new Date()
  const sign = makeSignToken({ now: () => now })
  const ending = (ms: number) => aSession({ expiresAt: new Date(now.getTime() + ms) })

  for (const left of [59_999, 0, -1, -3_600_000])
    await expect(sign({ ...aTarget, session: ending(left) })).rejects.toMatchObject({
      code: 'upstream',
      reason: 'session_too_short',
    })
  await expect(sign({ ...aTarget, session: ending(60_000) })).resolves.toHaveProperty('token')
})

/** By the lab's own SigV4, which is written from the specification and shares no code with the SDK. */
function signatureOf(token: string, session: RoleSession): string {
  const { host, searchParams } = new URL(`https://${token}`)
  const scope = parseScope(searchParams.get('X-Amz-Credential') ?? '')
  if (!scope) throw new Error('The token has no credential scope')
  const signed = {
    method: 'GET',
    path: '/',
    query: [...searchParams].filter(([name]) => name !== 'X-Amz-Signature'),
    headers: [['host', host]] as const,
    bodyHash: sha256(''),
  }
  return sign(signed, scope, searchParams.get('X-Amz-Date') ?? '', session.secretAccessKey)
}
