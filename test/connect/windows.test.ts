import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ENGINES } from '../../server/core/catalog/catalog.ts'
import { caCommand } from '../../server/core/connect/ca-file.ts'
import { env } from '../../server/core/connect/env.ts'
import { mysql } from '../../server/core/connect/mysql.ts'
import { powershellWord } from '../../server/core/connect/powershell.ts'
import { pgcli, psql } from '../../server/core/connect/psql.ts'
import type { Connection } from '../../server/core/connect/snippet.ts'
import { snippetsFor } from '../../server/core/connect/snippets.ts'
import { uri } from '../../server/core/connect/uri.ts'
import {
  aConnection,
  aName,
  aToken,
  AWKWARD_NAMES,
  databaseIn,
  HOST,
  textOf,
} from './connection.ts'

/**
 * Neither shell runs here, so these hold the lines against the written rules: about_Quoting_Rules for PowerShell, and for cmd
 * that between double quotes only `"`, `%` and, where it was switched on, `!` mean anything.
 */
const on = (shell: 'powershell' | 'cmd', over: Partial<Connection> = {}) =>
  aConnection({ shell, system: 'windows', ...over })

/** What PowerShell makes of the literals in single quotes, in order. */
const literals = (text: string) =>
  [...text.matchAll(/'((?:[^'‘’‚‛]|(['‘’‚‛])\2)*)'/g)].map(([, inside = '']) =>
    inside.replace(/(['‘’‚‛])\1/g, '$1'),
  )

test('a word of PowerShell is one literal that means exactly what was quoted', () => {
  const check = (name: string) => {
    expect(literals(powershellWord(name))).toEqual([name])
  }
  for (const name of [...AWKWARD_NAMES, '‘curly’', '‚low‛', "'’'"]) check(name)
  fc.assert(
    fc.property(fc.oneof(aName, fc.string({ unit: fc.constantFrom(..."'‘’‚‛a$`") })), check),
  )
})

describe.each(['powershell', 'cmd'] as const)('in %s', (shell) => {
  test.each([
    ['psql', psql],
    ['pgcli', pgcli],
  ])('%s gets names of any kind, encoded in one address', (program, write) => {
    fc.assert(
      fc.property(aName, aName, (dbname, user) => {
        const text = textOf(write(on(shell, { dbname, user })))
        const quote = shell === 'cmd' ? '"' : "'"
        const [, address = ''] = new RegExp(`${program} ${quote}([^"']*)${quote}`).exec(text) ?? []
        expect(address).toMatch(/^[A-Za-z0-9:/?@&=;,+%._~-]+$/)
        const url = new URL(address)
        expect(decodeURIComponent(url.username)).toBe(user)
        expect(databaseIn(address)).toBe(dbname)
        expect(text.split(aToken())).toHaveLength(2)
      }),
    )
  })

  test('a name that would reach a program changed is refused, and why', () => {
    const refused = (user: string) => mysql(on(shell, { engine: 'mysql', user })).refused
    for (const name of ['a"b', 'line\nbreak', 'Ünïcödé', '🙂', 'back\\', 'tab\tx'])
      expect(refused(name)).toMatch(/would reach a Windows program changed/)
    for (const name of ['100%', '%PATH%', '!x!'])
      if (shell === 'cmd') expect(refused(name)).toMatch(/Use PowerShell/)
      else expect(refused(name)).toBeNull()
    for (const name of ["o'neil", 'a b', 'a&b|c^d', '$HOME', 'a\\b', 'jane.doe@corp.example'])
      expect(refused(name)).toBeNull()
    expect(env(on(shell, { user: 'Ünïcödé' })).refused).toMatch(/would reach/)
  })

  test('every line that is not refused has one place for the token and closes its quotes', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ENGINES), aName, aName, (engine, dbname, user) => {
        for (const snippet of snippetsFor(on(shell, { engine, dbname, user }))) {
          if (snippet.refused !== null || snippet.group !== 'terminal' || snippet.file) continue
          if (snippet.client === 'pgpass' && shell === 'cmd') continue
          const text = textOf(snippet)
          if (shell === 'cmd')
            for (const line of text.split('\n')) expect(line.split('"').length % 2).toBe(1)
          else expect(text.replace(/'((?:[^'‘’‚‛]|(['‘’‚‛])\2)*)'/g, '')).not.toMatch(/['‘’‚‛]/)
        }
      }),
    )
  })
})

test('PowerShell takes the token away after the program, whatever became of it', () => {
  const text = textOf(psql(on('powershell')))
  expect(text).toMatch(
    /^\$env:PGSSLROOTCERT = \(\$HOME.*; try \{ psql '.*' \} finally \{ Remove-Item Env:PGSSLROOTCERT, Env:PGPASSWORD \}$/,
  )
  expect(literals(text)).toContain(aToken())
})

test('cmd does so in the same line, and refuses what is longer than a line of it', () => {
  const snippet = psql(on('cmd'))
  expect(textOf(snippet)).toMatch(
    /^set "PGSSLROOTCERT=.*" & set "PGPASSWORD=.*" & psql ".*" & set "PGSSLROOTCERT=" & set "PGPASSWORD="$/,
  )
  const { characters } = snippet.limit!
  expect(textOf(snippet, 'x'.repeat(characters))).toHaveLength(8191)
  expect(() => textOf(snippet, 'x'.repeat(characters + 1))).toThrow(/too long/)
  expect(() => textOf(uri(on('cmd')), aToken(7500))).toThrow(/too long/)
  expect(textOf(env(on('cmd')), aToken(8000)).split('\n').length).toBe(9)
  for (const length of [778, 1990, 4754]) expect(textOf(snippet, aToken(length))).toContain('X-Amz')
})

test('a tunnel by name is looked up by PowerShell; cmd cannot, and says so', () => {
  const dial = { host: 'bastion.example.com', port: 6543 }
  expect(textOf(env(on('powershell', { dial })))).toContain(
    `$env:PGHOSTADDR = ([Net.Dns]::GetHostAddresses('bastion.example.com')[0].IPAddressToString)`,
  )
  for (const write of [psql, env, uri, pgcli])
    expect(write(on('cmd', { dial })).refused).toMatch(/give the tunnel as an IP address/)
  expect(textOf(psql(on('cmd', { dial: { host: '127.0.0.1', port: 6543 } })))).toContain(
    `@${HOST}:6543/orders?sslmode=verify-full&application_name=latchkey%2F01HX&hostaddr=127.0.0.1"`,
  )
})

test.each(['powershell', 'cmd'] as const)('the CA bundle is fetched in %s', (shell) => {
  const command = caCommand('https://latchkey.example.com', '~/.latchkey/eu-west-1.pem', shell)
  expect(command).toContain('https://latchkey.example.com/api/ca/eu-west-1.pem')
  expect(command).toContain('.latchkey')
})
