import { expect, test } from 'vitest'
import type { PolicyReading } from '../../server/contract/policy.ts'
import { usePortal } from './portal.ts'

const portal = usePortal()
const read = async (text: string) => {
  const cookie = await portal.cookie('administrator')
  const answer = await portal.call('POST', '/api/setup/policy', { cookie, body: { text } })
  expect(answer.statusCode, answer.body).toBe(200)
  return answer.json<PolicyReading>()
}
const allow = (Action: string, Resource: string) =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource }] })

test('a policy opens database users of the catalog, by name', async () => {
  const { account, region, resource } = portal.catalog.databases.get('orders')!
  const arn = `arn:aws:rds-db:${region}:${account}:dbuser:${resource}/orders_reader`
  expect(await read(allow('rds-db:connect', arn))).toEqual({
    opens: [{ user: 'orders_reader', resource, account, region, database: 'orders' }],
    problems: [],
  })
})

test('what is wrong has its place and its mend; what is no JSON too', async () => {
  const [wrong] = (await read(allow('rds:connect', '*'))).problems
  expect(wrong).toMatchObject({ severity: 'error', line: 1 })
  expect(wrong?.mend).toMatch(/rds-db:connect/)
  const [broken] = (await read('{ "Version": \n nonsense }')).problems
  expect(broken).toMatchObject({ severity: 'error', line: 2 })
})
