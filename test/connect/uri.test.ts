import fc from 'fast-check'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, expect, test } from 'vitest'
import { postico, tableplus } from '../../server/core/connect/link.ts'
import { uri } from '../../server/core/connect/uri.ts'
import { aConnection, aName, aToken, AWKWARD_NAMES, HOST, isDots, textOf } from './connection.ts'

const home = mkdtempSync(join(tmpdir(), 'latchkey-'))
const caFile = '~/ca.pem'
writeFileSync(join(home, 'ca.pem'), 'the bundle')
afterAll(() => rmSync(home, { recursive: true }))

const URI = /^export DATABASE_URL="([^"\\`!]*)"$/

/** As node-postgres reads it: pg-connection-string is its own parser. */
function asPgReads(text: string) {
  const [, url = ''] = URI.exec(text) ?? []
  expect(url.replace('$HOME', '')).not.toContain('$')
  const { user, password, database, host, port, ssl } = new pg.Client(url.replace('$HOME', home))
  return { user, password, database, host, port, ssl }
}

test('node-postgres reads back what was written', () => {
  const check = (name: string, user: string, length: number) => {
    const token = aToken(length)
    // It leaves these encoded in the name of a database, whoever wrote the URI (decodeURI in its parser).
    const dbname = name.replace(/[/?#$]/g, '_')
    if (isDots(dbname)) return
    expect(asPgReads(textOf(uri(aConnection({ dbname, user, caFile })), token))).toEqual({
      user,
      password: token,
      database: dbname,
      host: HOST,
      port: 5432,
      ssl: { ca: 'the bundle' },
    })
  }
  for (const name of AWKWARD_NAMES) check(name, name, 1990)
  fc.assert(fc.property(aName, aName, fc.constantFrom(778, 1990, 4754), check))
})

test('a database that drivers would take for a step of the path is refused in an address, and only that', () => {
  const dots = fc.string({ unit: fc.constantFrom('.', '%', '2', 'e', '/'), minLength: 1 })
  const check = (dbname: string) => {
    for (const write of [uri, tableplus, postico]) {
      const { refused } = write(aConnection({ dbname }))
      if (dbname === '.' || dbname === '..')
        expect(refused).toMatch(/^Most programs take .* one by one\.$/)
      else expect(refused).toBeNull()
    }
  }
  for (const dbname of ['.', '..', '...', '.a', '%2e', '%2E%2e']) check(dbname)
  fc.assert(fc.property(fc.oneof(dots, aName), check))
})
