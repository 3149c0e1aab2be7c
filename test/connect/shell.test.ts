import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { caCommand } from '../../server/core/connect/ca-file.ts'
import { env } from '../../server/core/connect/env.ts'
import { mariadb, mysql } from '../../server/core/connect/mysql.ts'
import { psql } from '../../server/core/connect/psql.ts'
import { shellWord } from '../../server/core/connect/shell.ts'
import { uri } from '../../server/core/connect/uri.ts'
import { aConnection, aName, aToken, AWKWARD_NAMES, HOST, textOf } from './connection.ts'
import { aMachine, SHELLS } from './shell-run.ts'

const machine = aMachine()
const CA = `${machine.home}/.latchkey/eu-west-1.pem`
const local = { host: '127.0.0.1', port: 6543 }

describe.each(SHELLS)('in %s', (shell) => {
  test('a word means exactly what was quoted', () => {
    expect(machine.run(shell, `record ${AWKWARD_NAMES.map(shellWord).join(' ')}`).argv).toEqual(
      AWKWARD_NAMES,
    )
    fc.assert(
      fc.property(fc.array(aName, { minLength: 10, maxLength: 50 }), (names) => {
        expect(machine.run(shell, `record ${names.map(shellWord).join(' ')}`).argv).toEqual(names)
      }),
      { numRuns: 20 },
    )
  })

  test('psql gets one argument, the token and the CA file, and nothing stays behind', () => {
    const connection = aConnection({ dial: local })
    const { argv, env } = machine.run(shell, textOf(psql(connection)))

    expect(argv).toEqual([
      `host=${HOST} hostaddr=127.0.0.1 port=6543 dbname=orders user=orders_reader sslmode=verify-full application_name=latchkey/01HX`,
    ])
    expect(env.get('PGPASSWORD')).toBe(aToken())
    expect(env.get('PGSSLROOTCERT')).toBe(CA)
    const after = machine.run(shell, `${textOf(psql(connection))} >/dev/null; record`)
    expect(after.env.has('PGPASSWORD')).toBe(false)
  })

  test('the environment holds every value as it is', () => {
    fc.assert(
      fc.property(aName, aName, (dbname, user) => {
        const connection = aConnection({ dbname, user })
        const { env: set } = machine.run(shell, `${textOf(env(connection))}\nrecord`)
        expect(Object.fromEntries(set)).toMatchObject({
          PGHOST: HOST,
          PGPORT: '5432',
          PGDATABASE: dbname,
          PGUSER: user,
          PGSSLMODE: 'verify-full',
          PGSSLROOTCERT: CA,
          PGAPPNAME: 'latchkey/01HX',
          PGPASSWORD: aToken(),
        })
        // That of a tunnel that is no longer wanted.
        expect(set.has('PGHOSTADDR')).toBe(false)
      }),
      { numRuns: 20 },
    )
  })

  test('the URI arrives whole', () => {
    fc.assert(
      fc.property(aName, aName, (dbname, user) => {
        const connection = aConnection({ dbname, user })
        const { env: set } = machine.run(shell, `${textOf(uri(connection))}\nrecord`)
        const url = new URL(set.get('DATABASE_URL') ?? '')
        expect(decodeURIComponent(url.username)).toBe(user)
        expect(decodeURIComponent(url.password)).toBe(aToken())
        expect(decodeURIComponent(url.pathname.slice(1))).toBe(dbname)
        expect(url.searchParams.get('sslrootcert')).toBe(CA)
      }),
      { numRuns: 20 },
    )
  })

  test.each([
    ['mysql', mysql],
    ['mariadb', mariadb],
  ])('%s gets its options one by one', (_, write) => {
    fc.assert(
      fc.property(aName, aName, (dbname, user) => {
        const connection = aConnection({
          engine: 'mysql',
          dbname,
          user,
          signing: { host: HOST, port: 3306 },
          dial: { host: HOST, port: 3306 },
        })
        const { argv, env: set } = machine.run(shell, textOf(write(connection)))
        expect(argv.filter((word) => !/^--(ssl-|enable-)/.test(word))).toEqual([
          `--host=${HOST}`,
          '--port=3306',
          `--user=${user}`,
          `--database=${dbname}`,
        ])
        expect(argv).toContain(`--ssl-ca=${CA}`)
        expect(set.get('MYSQL_PWD')).toBe(aToken())
      }),
      { numRuns: 10 },
    )
  })

  test.each([
    ['getent', '127.0.0.9  STREAM bastion\n127.0.0.8  STREAM bastion\n', '127.0.0.9'],
    ['getent', 'fd00::9         STREAM bastion\n', 'fd00::9'],
    ['dscacheutil', 'name: face.example\nip_address: 127.0.0.7\n', '127.0.0.7'],
  ])('the name of a tunnel is looked up by %s', (program, says, address) => {
    machine.install('getent', '#!/bin/sh\nexit 2\n')
    machine.install('dscacheutil', '#!/bin/sh\nexit 2\n')
    machine.install(program, `#!/bin/sh\nprintf '%s' '${says}'\n`)
    const connection = aConnection({ dial: { host: 'face.example', port: 6543 } })

    const psqlRun = machine.run(shell, textOf(psql(connection)))
    expect(psqlRun.env.get('PGHOSTADDR')).toBe(address)
    expect(psqlRun.argv[0]).toMatch(`host=${HOST} port=6543`)
    const envRun = machine.run(shell, `${textOf(env(connection))}\nrecord`)
    expect(envRun.env.get('PGHOSTADDR')).toBe(address)
    const uriRun = machine.run(shell, `${textOf(uri(connection))}\nrecord`)
    const url = new URL(uriRun.env.get('DATABASE_URL') ?? '')
    expect(url.searchParams.get('hostaddr')).toBe(address)
  })

  test('the CA bundle is fetched to where the snippets look for it', () => {
    machine.install('curl', '#!/bin/sh\nexec record "$@"\n')
    const { argv } = machine.run(shell, caCommand('https://latchkey.example.com/', 'eu-west-1'))
    expect(argv).toEqual(['-fsS', '-o', CA, 'https://latchkey.example.com/api/ca/eu-west-1.pem'])
  })
})
