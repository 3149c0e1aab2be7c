import { spawnSync } from 'node:child_process'
import mysql from 'mysql2/promise'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { CASES, type Connect, IN, MINUTE } from './door-cases.ts'
import { session, signWithSdk } from './door-tokens.ts'
import { findMariaDb } from './mariadb.ts'
import { type MySqlRig, mysqlConfig, startMySqlRig, withMariaDb, withMySql2 } from './mysql-rig.ts'
import { hasOwnHosts } from './own-hosts.ts'

/*
 * The door before a real MariaDB, with the same cases as that of PostgreSQL: one truth about tokens.
 * RDS says nearly always the same of this family: access denied, and whether there was a password.
 */

const programs = findMariaDb()
if (!programs) console.warn('skipped: the door for MySQL, since there is no MariaDB server here')

let rig: MySqlRig
beforeAll(async () => {
  if (programs) rig = await startMySqlRig(programs)
})
afterAll(() => rig?.close())
beforeEach(() => {
  if (!rig) return
  rig.now = Date.now()
  rig.log.length = 0
  rig.account.roles
    .get('arn:aws:iam::111122223333:role/team')
    ?.policies.delete('AWSRevokeOlderSessions')
})

const hasClient = spawnSync('mariadb', ['--version']).status === 0 && hasOwnHosts
if (!hasClient)
  console.warn('skipped: the cases with the mariadb client, for want of it or of libnss-wrapper')
/** What depends on the client: how it sends a token of any length, what it verifies, and what it reads of a refusal. */
const ITS_OWN = /^(a token of the AWS SDK|no |another c|a session token of|a database|a password$)/
const CLIENTS: [string, boolean, Connect, typeof CASES][] = [
  ['mysql2', true, withMySql2, CASES],
  ['the mariadb client', hasClient, withMariaDb, CASES.filter(([name]) => ITS_OWN.test(name))],
]

const SAID: Record<string, RegExp> = {
  'no password': /Access denied for user 'app_read'@'127\.0\.0\.1' \(using password: (YES|NO)\)/,
  'a database that is not behind this door':
    /Access denied for user 'app_read'@'%' to database 'template1'/,
  'another certificate authority': /certificate|self-signed|issuer/i,
}
const deniedTo = (user = 'app_read') =>
  new RegExp(`Access denied for user '${user}'@'127\\.0\\.0\\.1' \\(using password: YES\\)`)

describe.runIf(programs).each(CLIENTS)('with %s', (_, installed, connect, cases) => {
  test.runIf(installed).each(cases)('%s', async (name, expected, make) => {
    const attempt = await make(rig, connect)
    const outcome = await connect(rig, attempt)
    if (expected === IN) {
      expect(outcome).toEqual({ in: true, rows: 'app_readapp_read' })
      expect(rig.log.at(-1)).toBe('let in user "app_read", database "postgres"')
    } else {
      expect(outcome.in).toBe(false)
      expect('said' in outcome && outcome.said).toMatch(SAID[name] ?? deniedTo(attempt.user))
    }
    if (attempt.token) expect(rig.log.join('\n')).not.toContain(attempt.token.slice(0, 200))
  })
})

describe.runIf(programs)('behind the door', () => {
  const enter = async (user = 'app_read', database: string | undefined = 'postgres') => {
    const token = await signWithSdk(await session(rig), { username: user })
    const { database: _, ...config } = mysqlConfig(rig, { token, user })
    return mysql.createConnection({ ...config, ...(database && { database }) })
  }

  test('the rights are those of the user', async () => {
    const client = await enter()
    expect((await client.query('select x from public_things'))[0]).toEqual([{ x: 1 }])
    await expect(client.query('select * from notes')).rejects.toMatchObject({ errno: 1142 })
    await expect(client.query('use secrets')).rejects.toMatchObject({ errno: 1044 })
    await client.end()
  })

  test.each(['app_write', 'app_plain', 'app_super', 'root'])(
    'nobody becomes %s, whom the server would let in at the door’s word',
    async (user) => {
      for (const password of ['', await signWithSdk(await session(rig))]) {
        const client = await enter()
        client.on('error', () => undefined)
        const change = client.changeUser({ user, password, database: 'postgres' })
        await expect(change).rejects.toMatchObject({ errno: 1045 })
        client.destroy()
      }
    },
  )

  test('a session without a database, and one of a user who is not written in ASCII', async () => {
    const without = await enter('app_read', '')
    expect((await without.query('select database() as d'))[0]).toEqual([{ d: null }])
    await without.end()
    const role = rig.account.roles.get('arn:aws:iam::111122223333:role/team')
    expect(role).toBeDefined()
    await expect(enter('ünïcode', '')).rejects.toMatchObject({ errno: 1045 })
    expect(rig.log.at(-1)).toContain('nobody allows rds-db:connect')
  })

  test('what was agreed on holds: several statements, prepared ones, a large row', async () => {
    const client = await mysql.createConnection({
      ...mysqlConfig(rig, { token: await signWithSdk(await session(rig)) }),
      multipleStatements: true,
    })
    const [both] = await client.query<mysql.RowDataPacket[][]>('select 1 as a; select 2 as b')
    expect(both).toEqual([[{ a: 1 }], [{ b: 2 }]])
    const [large] = await client.execute<mysql.RowDataPacket[]>('select repeat(?, 3000000) as t', [
      'ü',
    ])
    expect(String(large[0]?.['t'])).toHaveLength(3_000_000)
    await client.end()
  })

  test('a session that is open outlives its token, and a long query can be ended', async () => {
    const [client, other] = [await enter(), await enter()]
    rig.now += 60 * MINUTE
    const interrupted = expect(client.query('select sleep(60)')).rejects.toMatchObject({
      errno: 1317,
    })
    const running = `select 1 from information_schema.processlist where id = ${client.threadId} and info like 'select sleep%'`
    // A query that has not begun cannot be ended.
    await expect.poll(async () => (await other.query(running))[0]).toHaveLength(1)
    await other.query(`kill query ${client.threadId}`)
    await interrupted
    expect((await client.query('select 1 as x'))[0]).toEqual([{ x: 1 }])
    await Promise.all([client.end(), other.end()])
  })
})
