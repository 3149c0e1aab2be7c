import { resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findMariaDb } from '../lab/mariadb.ts'
import { hasOwnHosts } from '../lab/own-hosts.ts'
import { type Desk, inShell, installed, run, sitDown, type Way, withHosts, Worker } from './desk.ts'

/* The lines for the MySQL family as the API serves them, run unchanged before a MariaDB whose door checks tokens. */

const programs = findMariaDb()
const hasServer = programs !== undefined
if (!hasServer) console.warn('skipped: the lines for MySQL, since there is no MariaDB server here')
const client = installed('the mariadb client', 'mariadb', ['--version']) && hasOwnHosts

let desk: Desk
let way: Way
beforeAll(async () => {
  if (!hasServer) return
  desk = await sitDown(programs)
  const worker = new Worker(desk)
  await worker.openAccess('invoices', 'invoices_reader')
  way = await worker.way('instance')
}, 120_000)
afterAll(() => desk?.close())

const SQL = 'select current_user() as me, count(*) as invoices from invoices;\n'

test.runIf(hasServer && client)('mariadb', async () => {
  const env = withHosts(desk, [way.connection.endpoint.signing.host])
  const outcome = await inShell(desk, way.line('mariadb'), { input: SQL, env })
  expect(outcome).toEqual({
    stdout: 'me\tinvoices\ninvoices_reader@%\t250\n',
    stderr: '',
    status: 0,
  })
})

test.runIf(hasServer && client)('mariadb is refused with a token that was changed', async () => {
  const env = withHosts(desk, [way.connection.endpoint.signing.host])
  const changed = way.line('mariadb').replace(/(X-Amz-Signature=)../, '$1zz')
  const outcome = await inShell(desk, changed, { input: SQL, env })
  expect(outcome.stderr).toMatch(
    /ERROR 1045 \(28000\): Access denied for user 'invoices_reader'@'127\.0\.0\.1' \(using password: YES\)/,
  )
})

test.runIf(hasServer)('mysql2', async () => {
  const more = `const [rows] = await connection.query('select current_user() as me')\nconsole.log(rows[0].me)\nawait connection.end()\n`
  const outcome = await run(desk, [process.execPath, '--input-type=module', '-'], {
    input: way.line('mysql2') + more,
    cwd: resolve('.'),
  })
  expect(outcome).toEqual({ stdout: 'invoices_reader@%\n', stderr: '', status: 0 })
})
