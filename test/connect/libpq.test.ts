import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadCaBundles } from '../../server/aws/ca-roots.ts'
import { env } from '../../server/core/connect/env.ts'
import { psql } from '../../server/core/connect/psql.ts'
import type { Connection } from '../../server/core/connect/snippet.ts'
import { uri } from '../../server/core/connect/uri.ts'
import { openAuthority } from '../lab/ca.ts'
import { aConnection, aName, aToken, AWKWARD_NAMES, HOST, textOf } from './connection.ts'
import { startRecorder } from './startup-recorder.ts'

const hasPsql = spawnSync('psql', ['--version']).status === 0
if (!hasPsql) console.warn('psql is not installed: what libpq makes of the snippets is not tested')

const run = promisify(execFile)
const home = mkdtempSync(join(tmpdir(), 'latchkey-'))
let recorder: Awaited<ReturnType<typeof startRecorder>>
beforeAll(async () => {
  for (const folder of ['ca', '.latchkey']) mkdirSync(join(home, folder))
  const authority = await openAuthority(join(home, 'ca'))
  writeFileSync(join(home, '.latchkey', 'eu-west-1.pem'), authority.pem)
  const aws = (await loadCaBundles(new Date())).bundle('eu-west-1')
  writeFileSync(join(home, '.latchkey', 'aws.pem'), aws?.pem ?? '')
  recorder = await startRecorder(await authority.issue([HOST]))
})
afterAll(() => {
  recorder.close()
  rmSync(home, { recursive: true })
})

const scripts: Record<string, (connection: Connection, token?: string) => string> = {
  psql: (connection, token) => textOf(psql(connection), token),
  uri: (connection, token) => `${textOf(uri(connection), token)}\npsql "$DATABASE_URL"`,
  env: (connection, token) => `${textOf(env(connection), token)}\npsql`,
}

/** Runs it as a person would, and returns what the server was told. */
async function connect(script: string) {
  recorder.logins.length = 0
  const said = await run('sh', ['-c', script], {
    env: { HOME: home, PATH: process.env['PATH'], PGCONNECT_TIMEOUT: '10' },
  }).then(
    () => '',
    (error: { stderr: string }) => error.stderr,
  )
  return { login: recorder.logins[0], said }
}

const throughTunnel = (connection: Partial<Connection> = {}) =>
  aConnection({ dial: { host: '127.0.0.1', port: recorder.port }, ...connection })

describe.runIf(hasPsql).each(Object.keys(scripts))('libpq, given the %s snippet', (form) => {
  const scriptOf = (connection: Connection, token?: string) =>
    scripts[form]?.(connection, token) ?? ''

  test.each([778, 1990, 4754])('sends a token of %i characters as it is', async (length) => {
    const token = aToken(length)
    const { login, said } = await connect(scriptOf(throughTunnel(), token))
    expect(said).toMatch('FATAL:  recorded')
    expect(login).toMatchObject({
      parameters: {
        user: 'orders_reader',
        database: 'orders',
        application_name: 'latchkey/01HX',
      },
      password: token,
    })
  })

  test('sends every name as it is', async () => {
    const check = async (dbname: string, user: string) => {
      const { login, said } = await connect(scriptOf(throughTunnel({ dbname, user })))
      expect({ ...login?.parameters, said }).toMatchObject({ user, database: dbname })
    }
    for (let n = 0; n < AWKWARD_NAMES.length; n += 2)
      await check(AWKWARD_NAMES[n] ?? 'x', AWKWARD_NAMES[n + 1] ?? 'x')
    await fc.assert(fc.asyncProperty(aName, aName, check), { numRuns: 10 })
  }, 60_000)

  test('refuses a server of another CA, or with another name', async () => {
    const otherCa = await connect(scriptOf(throughTunnel({ caFile: '~/.latchkey/aws.pem' })))
    expect(otherCa.said).toMatch(/certificate verify failed/)
    const signing = { host: HOST.replace('orders', 'billing'), port: 5432 }
    const otherName = await connect(scriptOf(throughTunnel({ signing })))
    expect(otherName.said).toMatch(/does not match host name/)
    expect([otherCa.login, otherName.login]).toEqual([undefined, undefined])
  })
})
