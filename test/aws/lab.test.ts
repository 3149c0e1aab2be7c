import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { sessionName } from '../../server/core/access/session-name.ts'
import { makeSignToken } from '../../server/aws/signer.ts'
import { demoAccount, keepKeys, roleArn, ROLES } from '../lab/account.ts'
import { DATABASES, endpointOf } from '../lab/databases.ts'
import type { Account } from '../lab/iam.ts'
import { refuseToken, type RdsEndpoint } from '../lab/rds-token.ts'
import { startSts, type Sts } from '../lab/sts.ts'
import { aPortal, aWish } from './portal.ts'

const home = mkdtempSync(join(tmpdir(), 'latchkey-'))
let account: Account
let sts: Sts
beforeAll(async () => {
  const keys = await keepKeys(home)
  account = demoAccount(keys)
  sts = await startSts({ account })
  vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.url)
  vi.stubEnv('AWS_ACCESS_KEY_ID', keys.accessKeyId)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', keys.secretAccessKey)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await sts.close()
  rmSync(home, { recursive: true })
})

const [orders] = DATABASES
if (!orders?.endpoints[0]) throw new Error('The lab has no database')
const writer: RdsEndpoint = endpointOf(orders, orders.endpoints[0])
const person = { issuer: 'https://sso.example.com', subject: 'ada', email: 'ada@example.com' }

const aPaymentsWish = (wish = {}) =>
  aWish({
    roleArn: roleArn('payments'),
    externalId: ROLES.payments.externalId,
    sessionName: sessionName(person),
    connectArn: `arn:aws:rds-db:eu-west-1:111122223333:dbuser:${writer.resource}/orders_reader`,
    ...wish,
  })

async function mint(user = 'orders_reader') {
  const session = await aPortal().assumeRole(aPaymentsWish())
  const { host, port, region } = writer
  return makeSignToken()({ host, port, region, user, session })
}
const judge = (token: string, user = 'orders_reader', later = 0) =>
  refuseToken(token, user, writer, account, Date.now() + later)

test('a token of the portal opens the database that it is for', async () => {
  const { token } = await mint()
  expect(judge(token)).toBeUndefined()
})

test('the session opens nothing for another database user, though the role would', async () => {
  const { token } = await mint('orders_writer')
  expect(judge(token, 'orders_writer')).toMatch(/nobody allows rds-db:connect/)
})

test('a token ends when the portal says so', async () => {
  const { token, expiresAt } = await mint()
  const left = expiresAt.getTime() - Date.now()
  expect(judge(token, 'orders_reader', left - 1_000)).toBeUndefined()
  expect(judge(token, 'orders_reader', left + 1)).toBe('it has expired')
})

test('a role that knows the portal by another external id does not let it in', async () => {
  const wish = aPaymentsWish({ externalId: ROLES.logistics.externalId })
  await expect(aPortal().assumeRole(wish)).rejects.toMatchObject({ reason: 'sts_access_denied' })
})
