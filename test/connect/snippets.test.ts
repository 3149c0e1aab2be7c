import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ENGINES } from '../../server/core/catalog/catalog.ts'
import { snippetsFor } from '../../server/core/connect/snippets.ts'
import { formsOf } from '../../server/core/connect/token-form.ts'
import { aConnection, aName, aToken, HOST, textOf } from './connection.ts'
import { fill } from './fill.ts'

const find = (snippets: ReturnType<typeof snippetsFor>, client: string) => {
  const snippet = snippets.find((snippet) => snippet.client === client)
  if (!snippet) throw new Error(`No snippet for ${client}`)
  return snippet
}

test.each([
  ['postgres', ['psql', 'uri', 'env', 'fields']],
  ['aurora-postgresql', ['psql', 'uri', 'env', 'fields']],
  ['mysql', ['mysql', 'mariadb', 'fields']],
  ['aurora-mysql', ['mysql', 'mariadb', 'fields']],
  ['mariadb', ['mariadb', 'mysql', 'fields']],
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
      for (const snippet of snippetsFor(aConnection({ engine, dial: { host, port: 6543 } }))) {
        const all =
          textOf(snippet) +
          fill(
            snippet.fields.map(({ value }) => value),
            formsOf(aToken()),
          )
        expect(all).toMatch(/verify-full|VERIFY_IDENTITY|--ssl-verify-server-cert/)
        expect(all).toContain(HOST)
        expect(all).toContain('6543')
      }
  })
})

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

test.each(['mysql', 'mariadb', 'fields'])('%s says how a tunnel can be verified', (client) => {
  const through = (host: string) =>
    find(snippetsFor(aConnection({ engine: 'mysql', dial: { host, port: 6543 } })), client).hint
  expect(through('localhost')).toMatch(/\/etc\/hosts beside 127\.0\.0\.1\./)
  expect(through('bastion.example.com')).toMatch(/beside the address of bastion\.example\.com\./)
  expect(through(HOST) ?? '').not.toMatch(/hosts/)
})

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
