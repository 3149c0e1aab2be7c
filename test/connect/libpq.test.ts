import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadCaBundles } from '../../server/aws/ca-roots.ts'
import { env } from '../../server/core/connect/env.ts'
import { pgpass } from '../../server/core/connect/pgpass.ts'
import { psql, psqlUri } from '../../server/core/connect/psql.ts'
import { psycopg } from '../../server/core/connect/psycopg.ts'
import type { Connection } from '../../server/core/connect/snippet.ts'
import { uri } from '../../server/core/connect/uri.ts'
import { openAuthority } from '../lab/ca.ts'
import { aConnection, aName, aToken, AWKWARD_NAMES, HOST, isDots, textOf } from './connection.ts'
import { startRecorder } from './startup-recorder.ts'

const PYTHON = '/usr/bin/python3'
const works = (program: string, ...args: string[]) => spawnSync(program, args).status === 0
const hasPsql = works('psql', '--version')
if (!hasPsql) console.warn('psql is not installed: what libpq makes of the snippets is not tested')
const driver = ['psycopg', 'psycopg2'].find((name) => works(PYTHON, '-c', `import ${name}`))
if (!driver)
  console.warn('psycopg is not installed: what Python makes of its snippet is not tested')

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

type Script = (connection: Connection, token?: string) => string
const scripts: Record<string, Script> = {
  psql: (connection, token) => textOf(psql(connection), token),
  'psql-uri': (connection, token) => textOf(psqlUri(connection), token),
  uri: (connection, token) => `${textOf(uri(connection), token)}\npsql "$DATABASE_URL"`,
  env: (connection, token) => `${textOf(env(connection), token)}\npsql`,
  pgpass: (connection, token) => {
    const without = textOf(psqlUri(connection)).replace(/PGPASSWORD='[^']*' /, '')
    return `${textOf(pgpass(connection), token)} && ${without}`
  },
}
const inPython: Script = (connection, token) =>
  textOf(psycopg(connection), token).replace(
    'import psycopg  # psycopg2 takes the same',
    `import ${driver} as psycopg`,
  )

/** Runs them one after the other, as a person would, and returns what the server was told and the person too. */
async function connect(program: string, lines: readonly string[]) {
  recorder.logins.length = 0
  const file = join(home, 'script')
  writeFileSync(file, lines.join('\n'))
  const said = await run(program, [file], {
    env: { HOME: home, PATH: process.env['PATH'], PGCONNECT_TIMEOUT: '10' },
  }).then(
    ({ stderr }) => stderr,
    (error: { stderr: string }) => error.stderr,
  )
  return { logins: [...recorder.logins], said }
}

const throughTunnel = (connection: Partial<Connection> = {}) =>
  aConnection({ dial: { host: '127.0.0.1', port: recorder.port }, ...connection })

const names = [
  ...AWKWARD_NAMES.flatMap((name, at) =>
    at % 2 === 0 ? [[name, AWKWARD_NAMES[at + 1] ?? 'x'] as const] : [],
  ),
  ...fc.sample(fc.tuple(aName, aName), 8),
]
/** Each kind of name with one of the lengths, so that both are tried in few connections. */
const cases = names.map(([dbname, user], at) => ({
  connection: { dbname, user },
  token: aToken([778, 1990, 4754][at % 3]),
}))
const told = ({ connection, token }: (typeof cases)[number]) => ({
  parameters: {
    database: connection.dbname,
    user: connection.user,
    application_name: 'latchkey/01HX',
  },
  password: token,
})

describe.runIf(hasPsql).each(Object.keys(scripts))('libpq, given the %s snippet', (form) => {
  const scriptOf: Script = (connection, token) => scripts[form]?.(connection, token) ?? ''

  test('sends tokens of 778, 1,990 and 4,754 characters and every name as they are', async () => {
    // A password file is read by lines, and not only libpq reads the address of programs: the card refuses such names.
    const possible = cases.filter(({ connection: { dbname, user } }) => {
      if (form === 'pgpass') return !/[\u0000-\u001f\u007f]/.test(dbname + user)
      return form !== 'uri' || !isDots(dbname)
    })
    const lines = possible.map(({ connection, token }) =>
      scriptOf(throughTunnel(connection), token),
    )
    const { logins, said } = await connect('sh', lines)

    expect(logins.length, said).toBe(possible.length)
    possible.forEach((each, at) => expect(logins[at]).toMatchObject(told(each)))
    expect(said).toMatch('FATAL:  recorded')
  }, 60_000)

  test('refuses a server of another CA, or with another name', async () => {
    const otherCa = [scriptOf(throughTunnel({ caFile: '~/.latchkey/aws.pem' }))]
    const signing = { host: HOST.replace('orders', 'billing'), port: 5432 }
    const otherName = [scriptOf(throughTunnel({ signing }))]
    const [ca, name] = [await connect('sh', otherCa), await connect('sh', otherName)]
    expect(ca.said).toMatch(/certificate verify failed/)
    expect(name.said).toMatch(/does not match host name/)
    expect([...ca.logins, ...name.logins]).toEqual([])
  })
})

test.runIf(driver)(
  'psycopg sends tokens and names as they are, and verifies the name',
  async () => {
    const connections = cases.map(({ connection, token }) =>
      inPython(throughTunnel(connection), token),
    )
    const indented = (text: string) => text.trim().replace(/^/gm, '    ')
    const lines = connections.map(
      (text) =>
        `try:\n${indented(text)}\nexcept psycopg.OperationalError as error:\n    print(error)`,
    )
    const { logins, said } = await connect(PYTHON, lines)
    expect(logins.length, said).toBe(cases.length)
    cases.forEach((each, at) => expect(logins[at]).toMatchObject(told(each)))

    const signing = { host: HOST.replace('orders', 'billing'), port: 5432 }
    const other = await connect(PYTHON, [inPython(throughTunnel({ signing }))])
    expect(other.said).toMatch(/does not match host name/)
    expect(other.logins).toEqual([])
  },
)
