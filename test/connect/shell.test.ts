import { readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { caCommand } from '../../server/core/connect/ca-file.ts'
import { env } from '../../server/core/connect/env.ts'
import { fishWord } from '../../server/core/connect/fish.ts'
import { mariadb, mysql } from '../../server/core/connect/mysql.ts'
import { pgpass } from '../../server/core/connect/pgpass.ts'
import { pgcli, psql, psqlUri } from '../../server/core/connect/psql.ts'
import { shellWord } from '../../server/core/connect/shell.ts'
import type { Connection, Snippet } from '../../server/core/connect/snippet.ts'
import { uri } from '../../server/core/connect/uri.ts'
import {
  aConnection,
  aName,
  aToken,
  AWKWARD_NAMES,
  databaseIn,
  HOST,
  isDots,
  textOf,
} from './connection.ts'
import { aMachine, SHELLS } from './shell-run.ts'

const machine = aMachine()
const CA = `${machine.home}/.latchkey/eu-west-1.pem`
const local = { host: '127.0.0.1', port: 6543 }
const LENGTHS = [778, 1990, 4754]

/** The names that break what quotes carelessly, two by two, and as many at random; with each a token. */
const names = [
  ...AWKWARD_NAMES.map((name, at) => [name, AWKWARD_NAMES.at(at - 1) ?? name] as const),
  ...fc.sample(fc.tuple(aName, aName), 30),
]
const cases = names.map(([dbname, user], at) => ({
  dbname,
  user,
  token: aToken(LENGTHS[at % LENGTHS.length]),
}))

describe.each(SHELLS)('in %s', (program, shell) => {
  const connected = (over: Partial<Connection> = {}) => aConnection({ shell, ...over })
  /** Each case through one generator, in one shell. */
  const runCases = (write: (connection: Connection) => Snippet, after = '', over = {}) => {
    const lines = cases.map(({ dbname, user, token }) =>
      [textOf(write(connected({ dbname, user, ...over })), token), after].join('\n'),
    )
    return machine.runAll(program, lines).map((run, at) => ({ ...run, wanted: cases[at]! }))
  }

  test('a word means exactly what was quoted', () => {
    const word = shell === 'fish' ? fishWord : shellWord
    const all = [...AWKWARD_NAMES, ...fc.sample(aName, 500)]
    expect(machine.run(program, `record ${all.map(word).join(' ')}`).argv).toEqual(all)
  })

  test('psql gets one argument, the token and the CA file, and nothing stays behind', () => {
    const line = textOf(psql(connected({ dial: local })))
    const [{ argv, env } = { argv: [], env: new Map() }, after] = machine.runAll(program, [
      line,
      'record',
    ])

    expect(argv).toEqual([
      `host=${HOST} hostaddr=127.0.0.1 port=6543 dbname=orders user=orders_reader sslmode=verify-full application_name=latchkey/01HX`,
    ])
    expect(env.get('PGPASSWORD')).toBe(aToken())
    expect(env.get('PGSSLROOTCERT')).toBe(CA)
    expect(after?.env.has('PGPASSWORD')).toBe(false)
  })

  test('the environment holds every value as it is', () => {
    for (const { env: set, wanted } of runCases(env, 'record')) {
      expect(Object.fromEntries(set)).toMatchObject({
        PGHOST: HOST,
        PGPORT: '5432',
        PGDATABASE: wanted.dbname,
        PGUSER: wanted.user,
        PGSSLMODE: 'verify-full',
        PGSSLROOTCERT: CA,
        PGAPPNAME: 'latchkey/01HX',
        PGPASSWORD: wanted.token,
      })
      // That of a tunnel that is no longer wanted.
      expect(set.has('PGHOSTADDR')).toBe(false)
    }
  })

  test('the URI arrives whole', () => {
    const write = (connection: Connection) =>
      uri(isDots(connection.dbname) ? { ...connection, dbname: 'orders' } : connection)
    for (const { env: set, wanted } of runCases(write, 'record')) {
      const url = new URL(set.get('DATABASE_URL') ?? '')
      expect(decodeURIComponent(url.username)).toBe(wanted.user)
      expect(decodeURIComponent(url.password)).toBe(wanted.token)
      const dbname = isDots(wanted.dbname) ? 'orders' : wanted.dbname
      expect(databaseIn(set.get('DATABASE_URL'))).toBe(dbname)
      expect(url.searchParams.get('sslrootcert')).toBe(CA)
    }
  })

  test.each([
    ['psql', psqlUri],
    ['pgcli', pgcli],
  ])('%s gets an address without the token, which is in its environment', (_, write) => {
    for (const { argv, env: set, wanted } of runCases(write)) {
      expect(argv).toHaveLength(1)
      const url = new URL(argv[0] ?? '')
      expect(decodeURIComponent(url.username)).toBe(wanted.user)
      expect(databaseIn(argv[0])).toBe(wanted.dbname)
      expect(url.password).toBe('')
      expect(set.get('PGPASSWORD')).toBe(wanted.token)
      expect(set.get('PGSSLROOTCERT')).toBe(CA)
    }
  })

  test.each([
    ['mysql', mysql],
    ['mariadb', mariadb],
  ])('%s gets its options one by one', (_, write) => {
    const at = { host: HOST, port: 3306 }
    for (const run of runCases(write, '', { engine: 'mysql', signing: at, dial: at })) {
      expect(run.argv.filter((word) => !/^--(ssl-|enable-)/.test(word))).toEqual([
        `--host=${HOST}`,
        '--port=3306',
        `--user=${run.wanted.user}`,
        `--database=${run.wanted.dbname}`,
      ])
      expect(run.argv).toContain(`--ssl-ca=${CA}`)
      expect(run.env.get('MYSQL_PWD')).toBe(run.wanted.token)
    }
  })

  test('the line of the password file comes first, once, for its owner alone', () => {
    const file = join(machine.home, '.pgpass')
    rmSync(file, { force: true })
    const write = (token: string, over: Partial<Connection> = {}) =>
      machine.tell(program, textOf(pgpass(connected(over)), token))
    const other = { dbname: 'a:b\\c', user: "o'neil" }
    write('first')
    write('theirs:?', other)
    write('second')

    expect(readFileSync(file, 'utf8').split('\n')).toEqual([
      `${HOST}:5432:orders:orders_reader:second`,
      `${HOST}:5432:a\\:b\\\\c:o'neil:theirs\\:?`,
      '',
    ])
    expect(statSync(file).mode & 0o777).toBe(0o600)
    write('third', other)
    expect(readFileSync(file, 'utf8').split('\n')).toEqual([
      `${HOST}:5432:a\\:b\\\\c:o'neil:third`,
      `${HOST}:5432:orders:orders_reader:second`,
      '',
    ])
  })

  test.each([
    ['getent', '127.0.0.9  STREAM bastion\n127.0.0.8  STREAM bastion\n', '127.0.0.9'],
    ['getent', 'fd00::9         STREAM bastion\n', 'fd00::9'],
    ['dscacheutil', 'name: face.example\nip_address: 127.0.0.7\n', '127.0.0.7'],
  ])('the name of a tunnel is looked up by %s', (command, says, address) => {
    machine.install('getent', '#!/bin/sh\nexit 2\n')
    machine.install('dscacheutil', '#!/bin/sh\nexit 2\n')
    machine.install(command, `#!/bin/sh\nprintf '%s' '${says}'\n`)
    const connection = connected({ dial: { host: 'face.example', port: 6543 } })

    const [asPsql, asEnv, asUri, asPsqlUri] = machine.runAll(program, [
      textOf(psql(connection)),
      `${textOf(env(connection))}\nrecord`,
      `${textOf(uri(connection))}\nrecord`,
      textOf(psqlUri(connection)),
    ])
    expect(asPsql?.env.get('PGHOSTADDR')).toBe(address)
    expect(asPsql?.argv[0]).toMatch(`host=${HOST} port=6543`)
    expect(asEnv?.env.get('PGHOSTADDR')).toBe(address)
    for (const url of [asUri?.env.get('DATABASE_URL'), asPsqlUri?.argv[0]])
      expect(new URL(url ?? '').searchParams.get('hostaddr')).toBe(address)
  })

  test('the CA bundle is fetched to where the snippets look for it', () => {
    machine.install('curl', '#!/bin/sh\nexec record "$@"\n')
    const command = caCommand('https://latchkey.example.com/', '~/.latchkey/eu-west-1.pem', shell)
    expect(machine.run(program, command).argv).toEqual([
      '-fsS',
      '-o',
      CA,
      'https://latchkey.example.com/api/ca/eu-west-1.pem',
    ])
  })
})
