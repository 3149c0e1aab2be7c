import { expect, test } from 'vitest'
import type { HealthOfDatabase, HealthOverview } from '../../server/contract/health.ts'
import type { LogInAnswer } from '../../server/core/health/ports.ts'
import { takeTurn } from '../../server/store/chores.ts'
import { checksOf } from '../health/checks-of.ts'
import { answered } from '../health/world.ts'
import { logOf } from '../store/store.ts'
import { asSuperuser } from '../store/mint-scenes.ts'
import { usePortal } from './portal.ts'

let answer: () => Promise<LogInAnswer>
let signed: number
let checks: ReturnType<typeof checksOf>
const portal = usePortal((portal) => {
  checks = checksOf(portal.store, () => portal.catalog, {
    bundles: { bundle: () => ({ pem: 'PEM' }) as never },
    lookAt: async () => answered(),
    logIn: () => {
      signed += 1
      return answer()
    },
  })
  return { healthChecks: checks }
})
const administrator = () => portal.cookie('administrator')
const get = async <T>(path = '') =>
  (
    await portal.call('GET', `/api/setup/health${path}`, { cookie: await administrator() })
  ).json<T>()
const checkNow = async (name: string, cookie?: string) => {
  cookie ??= await administrator()
  const told = await portal.call('POST', `/api/setup/health/${name}`, { cookie, body: {} })
  await checks.idle()
  return told
}

test('a database that was never checked says so', async () => {
  const { databases } = await get<HealthOverview>()
  expect(databases).toMatchObject([
    { database: 'orders', outcome: 'unchecked', newest: null, running: false },
    { database: 'shipments', outcome: 'unchecked' },
  ])
})

test('an administrator has a database checked: by the real STS, with every step kept and recorded', async () => {
  signed = 0
  answer = async () => ({ outcome: 'in', member: true })
  expect((await checkNow('orders')).statusCode).toBe(202)

  const { findings } = await get<HealthOfDatabase>('/orders')
  expect(findings.map(({ endpoint, user }) => `${endpoint} ${user}`)).toEqual([
    'reader orders_reader',
    'reader orders_writer',
    'writer orders_reader',
    'writer orders_writer',
  ])
  const states = findings[2]!.steps.map(({ id, state }) => `${id} ${state}`)
  expect(states).toEqual([
    'inventory cannot',
    'iam cannot',
    ...'dns tcp tls ca role external-id source-identity session-policy clock token login membership'
      .split(' ')
      .map((id) => `${id} ok`),
  ])
  const { databases } = await get<HealthOverview>()
  expect(databases[0]).toMatchObject({ outcome: 'ok', checks: 4, alike: 4, failing: null })

  expect(signed).toBe(4)
  const log = await logOf(portal.store)
  const told = log.filter(({ action }) => action.startsWith('check.'))
  expect(told.map(({ action }) => action)).toEqual(
    Array(4).fill(['check.intent', 'check.done']).flat(),
  )
  expect(new Set(told.map(({ actor }) => actor)).size).toBe(1)
  expect(told[0]!.actor).toMatch(/^[0-9a-f-]{36}$/)
})

test('AWS sees the portal by its fixed name, and no session that could do more than it says', async () => {
  answer = async () => ({ outcome: 'in', member: true })
  await checkNow('orders')
  const calls = portal.stsCalls.map(({ parameters }) => parameters)
  expect(new Set(calls.map((each) => each.get('RoleSessionName')))).toEqual(
    new Set(['latchkey-check']),
  )
  // As the role demands, without a source identity, without the external id; and one for each of the two database users twice.
  expect(calls).toHaveLength(3 + 4)
  expect(calls.every((each) => each.has('Policy') && each.get('DurationSeconds') === '900')).toBe(
    true,
  )
})

test('what fails first is on the list, with how to mend it', async () => {
  answer = async () => ({ outcome: 'refused', by: 'password', code: '28P01' })
  await checkNow('orders')
  const { databases } = await get<HealthOverview>()
  expect(databases[0]).toMatchObject({
    outcome: 'failed',
    failing: { id: 'membership', code: '28P01', mend: expect.stringContaining('GRANT rds_iam') },
  })
})

test('without a log there is no token, and nothing is kept', async () => {
  signed = 0
  const before = await get<HealthOfDatabase>('/orders')
  const cookie = await administrator()
  await asSuperuser(portal.url, (client) =>
    client.query('REVOKE INSERT ON audit.event FROM latchkey_app'),
  )
  await checkNow('orders', cookie)
  await asSuperuser(portal.url, (client) =>
    client.query(
      'GRANT INSERT (action, actor, subject, request_id, intent_id, address, payload) ON audit.event TO latchkey_app',
    ),
  )
  expect(signed).toBe(0)
  expect((await get<HealthOfDatabase>('/orders')).findings).toEqual(before.findings)
})

test('a round is by the portal itself, one portal in a quarter of an hour, and forgets what the catalog has no more', async () => {
  answer = async () => ({ outcome: 'in', member: true })
  expect(await takeTurn(portal.store, 'health', 900)).toBe(true)
  expect(await takeTurn(portal.store, 'health', 900)).toBe(false)
  portal.catalog = {
    ...portal.catalog,
    databases: new Map([...portal.catalog.databases].filter(([name]) => name === 'shipments')),
    rules: portal.catalog.rules.filter(({ database }) => database === 'shipments'),
  }
  await checks.round()
  const { rows } = await portal.store.pool.query(
    'SELECT database, team, db_user, endpoint FROM health_finding',
  )
  expect(rows).toEqual([
    { database: 'shipments', team: 'logistics', db_user: 'shipments_reader', endpoint: 'writer' },
  ])
  expect((await logOf(portal.store, 'check.done')).at(-1)).toMatchObject({ actor: 'portal' })
})

test('a database that is not in the catalog is not found', async () => {
  expect((await checkNow('nothing')).statusCode).toBe(404)
  const cookie = await administrator()
  const told = await portal.call('GET', '/api/setup/health/nothing', { cookie })
  expect(told.statusCode).toBe(404)
})
