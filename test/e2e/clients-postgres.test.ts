import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Desk,
  inShell,
  installed,
  openTunnel,
  run,
  saveFile,
  sitDown,
  type Way,
  Worker,
} from './desk.ts'

/*
 * Each line as the API serves it, with the token in its place, run unchanged by the real client before a database that checks
 * tokens. The endpoint's name leads nowhere here: every one of them goes through a tunnel and verifies the real name.
 */

const SQL = 'select current_user as me;\n'
const JAR = '/usr/share/java/postgresql.jar'
const PYTHON = '/usr/bin/python3'
const psql = installed('psql', 'psql', ['--version'])
const pgcli = installed('pgcli', 'pgcli', ['--version'])
const java =
  installed('pgjdbc, for want of a JDK', 'javac', ['-version']) &&
  installed('pgjdbc', 'test', ['-e', JAR])
const drivers = (['psycopg', 'psycopg2'] as const).map(
  (name) => [name, installed(name, PYTHON, ['-c', `import ${name}`])] as const,
)

let desk: Desk
let worker: Worker
let way: Way
beforeAll(async () => {
  desk = await sitDown()
  worker = new Worker(desk)
  await worker.openAccess('orders', 'orders_reader')
  way = await worker.way('writer')
}, 120_000)
afterAll(() => desk?.close())

const IN = { stdout: expect.stringContaining('orders_reader') as string, status: 0 }

describe.runIf(psql)('psql', () => {
  test.each(['psql', 'psql-uri'])('in one line: %s', async (client) => {
    expect(await inShell(desk, way.line(client), { input: SQL })).toMatchObject(IN)
  })

  test.each([
    ['env', 'psql'],
    ['uri', 'psql "$DATABASE_URL"'],
  ])('with what the lines of %s have set', async (client, command) => {
    const script = `${way.line(client)}\n${command}`
    expect(await inShell(desk, script, { input: SQL })).toMatchObject(IN)
  })

  test('finds its password in .pgpass, and takes the newest', async () => {
    const { endpoint, user, dbname, caFile } = way.connection
    const { signing, dial } = endpoint
    const address = `host=${signing.host} hostaddr=${dial.host} port=${dial.port} dbname=${dbname} user=${user} sslmode=verify-full`
    const command = ['psql', '-w', `${address} sslrootcert='${caFile}'`]
    expect(await inShell(desk, way.line('pgpass'))).toMatchObject({ status: 0 })
    expect(statSync(join(desk.home, '.pgpass')).mode & 0o777).toBe(0o600)
    expect(await run(desk, command, { input: SQL })).toMatchObject(IN)
    const newer = await worker.way('writer')
    expect(await inShell(desk, newer.line('pgpass'))).toMatchObject({ status: 0 })
    expect(await run(desk, command, { input: SQL })).toMatchObject(IN)
  })

  test('reads the service file', async () => {
    saveFile(desk, '~/.latchkey/pg_service.conf', way.line('pg-service'))
    expect(await inShell(desk, way.line('psql-service'), { input: SQL })).toMatchObject(IN)
    // What the file says of the certificate is enough for clients that set no variable.
    const alone = `PGSERVICEFILE="$HOME/.latchkey/pg_service.conf" PGPASSWORD='${way.forms.raw}' psql service=latchkey-orders-writer`
    expect(await inShell(desk, alone, { input: SQL })).toMatchObject(IN)
  })

  test('is refused with a token of which a character was changed', async () => {
    const changed = way
      .line('psql')
      .replace(/(X-Amz-Signature=)(.)/, (_, name, digit) => `${name}${digit === '0' ? '1' : '0'}`)
    const outcome = await inShell(desk, changed, { input: SQL })
    expect(outcome.status).not.toBe(0)
    expect(outcome.stderr).toContain('PAM authentication failed for user "orders_reader"')
  })

  test('verifies the name: with a bundle of somebody else it sends no token', async () => {
    const stranger = way.line('psql').replace(/PGSSLROOTCERT=\S+/, 'PGSSLROOTCERT=/etc/hostname')
    const outcome = await inShell(desk, stranger, { input: SQL })
    expect(outcome.stderr).toMatch(/root certificate|certificate verify failed/)
  })
})

test.runIf(pgcli)('pgcli', async () => {
  const outcome = await inShell(desk, way.line('pgcli'), { input: SQL })
  expect(outcome.stdout).toContain('orders_reader')
})

describe.each(drivers)('%s', (name, found) => {
  test.runIf(found)('takes the code as it is', async () => {
    const shown = way.line('psycopg')
    const code = name === 'psycopg' ? shown : shown.replaceAll(/psycopg(?!2)/g, 'psycopg2')
    const more = `cursor = connection.cursor()\ncursor.execute("select current_user")\nprint(cursor.fetchone()[0])\n`
    const outcome = await run(desk, [PYTHON, '-'], { input: code + more })
    expect(outcome).toEqual({ stdout: 'orders_reader\n', stderr: '', status: 0 })
  })
})

const withNode = (shown: Way) => {
  const more = `console.log((await client.query('select current_user as me')).rows[0].me)\nawait client.end()\n`
  const input = shown.line('node-postgres') + more
  return run(desk, [process.execPath, '--input-type=module', '-'], { input, cwd: resolve('.') })
}

test('node-postgres', async () => {
  expect(await withNode(way)).toEqual({ stdout: 'orders_reader\n', stderr: '', status: 0 })
})

const withJava = (shown: Way) => {
  const field = (label: string) => shown.field('pgjdbc', label)
  saveFile(desk, '~/.latchkey/hosts', `${field('In that file')}\n`)
  const program = [field('Option of the JVM'), '-cp', JAR, resolve('test/e2e/Who.java')]
  const input = field('Password')
  return run(desk, ['java', ...program, field('URL'), field('User')], { input })
}

test.runIf(java)('pgjdbc', async () => {
  const outcome = await withJava(way)
  expect(outcome.stderr).toBe('')
  expect(outcome.stdout).toMatch(/^orders_reader by latchkey\/[0-9a-f-]{36}\n$/)
})

describe('through a tunnel of one’s own, to another port, with the real name verified', () => {
  let tunnel: Awaited<ReturnType<typeof openTunnel>>
  let through: Way
  beforeAll(async () => {
    tunnel = await openTunnel(way.connection.endpoint.dial.port)
    through = await worker.way('writer', { dialHost: '127.0.0.1', dialPort: String(tunnel.port) })
    expect(through.connection.endpoint.dial.port).not.toBe(way.connection.endpoint.dial.port)
  })
  afterAll(() => tunnel?.close())

  test.runIf(psql)('psql', async () => {
    expect(through.line('psql')).toContain(String(tunnel.port))
    expect(await inShell(desk, through.line('psql'), { input: SQL })).toMatchObject(IN)
  })
  test('node-postgres', async () => {
    expect(await withNode(through)).toMatchObject({ stdout: 'orders_reader\n', status: 0 })
  })
  test.runIf(java)('pgjdbc', async () => {
    expect((await withJava(through)).stdout).toMatch(/^orders_reader by /)
  })
})
