import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ENGINES } from '../../server/core/catalog/catalog.ts'
import { SHELLS, type Snippet } from '../../server/core/connect/snippet.ts'
import { snippetsFor } from '../../server/core/connect/snippets.ts'
import { formsOf } from '../../server/core/connect/token-form.ts'
import { aConnection, aName, aToken, HOST, textOf } from './connection.ts'
import { fill } from './fill.ts'

const find = (snippets: ReturnType<typeof snippetsFor>, client: string) => {
  const snippet = snippets.find((snippet) => snippet.client === client)
  if (!snippet) throw new Error(`No snippet for ${client}`)
  return snippet
}

const APPLICATIONS = [
  ...['dbeaver-file', 'datagrip', 'sql-workbench', 'sql-workbench-file', 'tableplus'],
]
const POSTGRES = [
  ...['psql', 'pgadmin', 'dbeaver', 'env', 'fields'],
  ...['uri', 'pgpass', 'pgcli', 'psql-uri', 'pg-service', 'psql-service', ...APPLICATIONS],
  ...['pgjdbc', 'psycopg', 'sqlalchemy', 'node-postgres'],
]
const MYSQL = [
  'workbench',
  'dbeaver',
  'fields',
  ...APPLICATIONS,
  'connector-j',
  'mariadb-connector-j',
  'mysql2',
]

test.each([
  ['postgres', POSTGRES],
  ['aurora-postgresql', POSTGRES],
  ['mysql', ['mysql', 'mariadb', ...MYSQL]],
  ['aurora-mysql', ['mysql', 'mariadb', ...MYSQL]],
  ['mariadb', ['mariadb', 'mysql', ...MYSQL]],
] as const)('%s has snippets for %o', (engine, clients) => {
  expect(snippetsFor(aConnection({ engine })).map(({ client }) => client)).toEqual(clients)
})

describe.each(ENGINES)('for %s', (engine) => {
  test('the token has one place in each, and is nowhere else', () => {
    fc.assert(
      fc.property(aName, aName, (dbname, user) => {
        for (const { parts, fields, refused, file } of snippetsFor(
          aConnection({ engine, dbname, user }),
        )) {
          const places = [...parts, ...fields.map(({ value }) => value)].filter(
            (part) => 'token' in part,
          )
          expect(places).toHaveLength(refused !== null || file ? 0 : 1)
        }
      }),
      { numRuns: 50 },
    )
  })

  test('the server is verified by name, through a tunnel too', () => {
    for (const host of [HOST, '127.0.0.1', 'localhost', '::1', 'bastion.example.com'])
      for (const shell of SHELLS)
        for (const snippet of snippetsFor(
          aConnection({ engine, shell, dial: { host, port: 6543 } }),
        )) {
          if (snippet.refused !== null) continue
          // It names a file in which all of this stands.
          if (snippet.client === 'psql-service') continue
          const all = wordsOf(snippet)
          expect(all, snippet.client).toContain(HOST)
          expect(all, snippet.client).toContain('6543')
          // A password file says nothing about TLS: what reads it does.
          if (snippet.client === 'pgpass') continue
          expect(all, snippet.client).toMatch(VERIFIES)
          expect(all, snippet.client).not.toMatch(VERIFIES_LESS)
        }
  })

  test('where it is proven that the name is not in the certificate, all say that only the chain is verified, and why', () => {
    const tls = { mode: 'verify-ca', why: 'the certificate names other.example' } as const
    for (const shell of SHELLS)
      for (const snippet of snippetsFor(aConnection({ engine, shell, tls }))) {
        expect(snippet.warnings[0], snippet.client).toMatch(/not its name: the certificate names/)
        if (snippet.refused !== null || ['pgpass', 'psql-service'].includes(snippet.client))
          continue
        expect(wordsOf(snippet), snippet.client).toMatch(VERIFIES_LESS)
        expect(wordsOf(snippet), snippet.client).not.toMatch(VERIFIES)
      }
  })
})

const VERIFIES =
  /verify-full|VERIFY_IDENTITY|[^p]-ssl-verify-server-cert|Verify Identity|verifyIdentity: true|servername: "[^"]+" /
const VERIFIES_LESS =
  /verify-ca|VERIFY_CA|skip-ssl-verify-server-cert|Verify CA|verifyIdentity: false|checkServerIdentity/
const wordsOf = (snippet: Snippet) =>
  fill([...snippet.parts, ...snippet.fields.map(({ value }) => value)], formsOf(aToken()))

test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['localhost', '127.0.0.1'],
  ['::1', '::1'],
  ['[::1]', '::1'],
  ['10.1.2.3', '10.1.2.3'],
])('psql through %s dials %s and verifies the real name', (host, address) => {
  const text = textOf(find(snippetsFor(aConnection({ dial: { host, port: 6543 } })), 'psql'))
  expect(text).toContain(`host=${HOST} hostaddr=${address} port=6543 `)
})

test('without a tunnel there is no hostaddr', () => {
  for (const snippet of snippetsFor(aConnection()))
    expect(textOf(snippet).replace('unset PGHOSTADDR', '')).not.toMatch(/hostaddr/i)
})

test('another port alone is no tunnel', () => {
  const dial = { host: HOST, port: 6543 }
  expect(textOf(find(snippetsFor(aConnection({ dial })), 'psql'))).toContain(
    `host=${HOST} port=6543 `,
  )
})

test.each(['mysql', 'mariadb', 'workbench', 'fields'])(
  '%s says how a tunnel can be verified',
  (client) => {
    const through = (host: string) =>
      find(
        snippetsFor(aConnection({ engine: 'mysql', dial: { host, port: 6543 } })),
        client,
      ).warnings.join()
    expect(through('localhost')).toMatch(/\/etc\/hosts beside 127\.0\.0\.1\./)
    expect(through('bastion.example.com')).toMatch(/beside the address of bastion\.example\.com\./)
    expect(through(HOST)).not.toMatch(/hosts/)
  },
)

test('a form is given every value as it is', () => {
  const connection = aConnection({ dbname: "o'neil", user: 'a b' })
  expect(find(snippetsFor(connection), 'fields').fields).toEqual([
    { label: 'Host', value: { text: HOST } },
    { label: 'Port', value: { text: '5432' } },
    { label: 'Database', value: { text: "o'neil" } },
    { label: 'User', value: { text: 'a b' } },
    { label: 'Password', value: { token: 'raw' } },
    { label: 'SSL mode', value: { text: 'verify-full' } },
    { label: 'Root certificate', value: { text: '~/.latchkey/eu-west-1.pem' } },
  ])
})

test('the helper is brought, given a key, and run; where the portal or the shell has none it is not offered', () => {
  const clients = (connection: Parameters<typeof aConnection>[0]) =>
    snippetsFor(aConnection(connection)).map(({ client }) => client)
  const helper = ['latchkey', 'token', "orders/o'neil/writer"]

  expect(textOf(find(snippetsFor(aConnection({ helper })), 'latchkey'))).toBe(
    [
      'mkdir -p ~/.local/bin && curl -fsS -o ~/.local/bin/latchkey https://latchkey.example.com/helper/latchkey && chmod 755 ~/.local/bin/latchkey',
      'latchkey login',
      `latchkey psql 'orders/o'\\''neil/writer'`,
    ].join('\n'),
  )
  expect(clients({})).not.toContain('latchkey')
  expect(clients({ helper, shell: 'powershell' })).not.toContain('latchkey')
})
