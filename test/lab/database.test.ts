import { spawnSync } from 'node:child_process'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { CASES, type Connect, IN, MINUTE, PAM } from './door-cases.ts'
import { cancelThroughDoor, nodeConfig, withNode, withPsql } from './door-clients.ts'
import { type PostgresRig, startRig } from './door-rig.ts'
import { session, signByHand, signWithSdk } from './door-tokens.ts'

/*
 * The door before a real PostgreSQL, tried with real clients: what gets in, what does not, and in which words.
 * Tokens are made by the AWS SDK, as the product makes them, unless a case needs one that it would never make.
 */

let rig: PostgresRig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.close())
beforeEach(() => {
  rig.now = Date.now()
  rig.log.length = 0
  rig.account.roles
    .get('arn:aws:iam::111122223333:role/team')
    ?.policies.delete('AWSRevokeOlderSessions')
})

const hasPsql = spawnSync('psql', ['--version']).status === 0
if (!hasPsql) console.warn('skipped: the cases with the real psql, which is not installed')
const CLIENTS: [string, boolean, Connect][] = [
  ['node pg', true, withNode],
  ['psql', hasPsql, withPsql],
]

describe.each(CLIENTS)('with %s', (_, installed, connect) => {
  test.runIf(installed).each(CASES)('%s', async (_name, expected, make) => {
    const attempt = await make(rig, connect)
    const outcome = await connect(rig, attempt)
    if (expected === IN) {
      expect(outcome).toEqual({ in: true, rows: 'app_readapp_read' })
      expect(rig.log.at(-1)).toBe('let in user "app_read", database "postgres"')
    } else {
      expect(outcome.in).toBe(false)
      expect('said' in outcome && outcome.said).toMatch(expected)
    }
    // A prefix is enough to find it, and an empty one would be found everywhere.
    if (attempt.token) expect(rig.log.join('\n')).not.toContain(attempt.token.slice(0, 200))
  })
})

describe.each(CLIENTS)('a user without rds_iam, with %s', (_, installed, connect) => {
  const user = 'app_plain'
  const password = 'its "own" wörd'

  test.runIf(installed)('logs in with its own password', async () => {
    const rows = `${user}${user}`
    expect(await connect(rig, { token: password, user })).toEqual({ in: true, rows })
    expect(rig.log.at(-1)).toBe('let in user "app_plain", database "postgres"')
  })

  test.runIf(installed).each([
    ['with another password', { token: `${password}.` }],
    ['to a database of another door', { token: password, database: 'template1' }],
  ])('is refused %s', async (_name, attempt) => {
    expect(await connect(rig, { user, ...attempt })).toMatchObject({ in: false })
    expect(rig.log.at(-1)).toMatch(/^refused user "app_plain"/)
    expect(rig.log.join()).not.toContain(password)
  })
})

test.runIf(hasPsql)('under sslmode=prefer psql says both refusals, as before RDS', async () => {
  const token = signByHand(await session(rig), rig.now - 16 * MINUTE)
  const outcome = await withPsql(rig, { token, sslmode: 'prefer' })
  expect(outcome).toMatchObject({ said: expect.stringContaining(PAM) })
  expect(outcome).toMatchObject({ said: expect.stringContaining('no encryption') })
})

test('behind the door the rights are those of the user', async () => {
  const client = new pg.Client(nodeConfig(rig, { token: await signWithSdk(await session(rig)) }))
  await client.connect()
  expect((await client.query('table public_things')).rows).toEqual([{ x: 1 }])
  await expect(client.query('table secrets')).rejects.toMatchObject({ code: '42501' })
  await expect(client.query('set session authorization postgres')).rejects.toMatchObject({
    code: '42501',
  })
  await expect(client.query('set role app_write')).rejects.toMatchObject({ code: '42501' })
  await client.end()
})

test('a session that is open outlives its token, and a long query can be cancelled', async () => {
  const client = new pg.Client(nodeConfig(rig, { token: await signWithSdk(await session(rig)) }))
  await client.connect()
  rig.now += 60 * MINUTE
  const sleeping = client.query('select pg_sleep(60)')
  const { processID, secretKey } = client as unknown as { processID: number; secretKey: number }
  await cancelThroughDoor(rig.door.port, processID, secretKey)
  await expect(sleeping).rejects.toMatchObject({ code: '57014' })
  expect((await client.query('select 1 as x')).rows).toEqual([{ x: 1 }])
  await client.end()
})
