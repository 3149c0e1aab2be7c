import { Ajv } from 'ajv'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ENGINES, type Engine } from '../../server/core/catalog/catalog.ts'
import { dbeaver, dbeaverFile } from '../../server/core/connect/dbeaver.ts'
import { postico, tableplus } from '../../server/core/connect/link.ts'
import { pgadmin } from '../../server/core/connect/pgadmin.ts'
import { serviceFile } from '../../server/core/connect/service-file.ts'
import type { Connection, Snippet } from '../../server/core/connect/snippet.ts'
import { snippetsFor } from '../../server/core/connect/snippets.ts'
import { sqlWorkbench, sqlWorkbenchFile } from '../../server/core/connect/sql-workbench.ts'
import { aConnection, aName, AWKWARD_NAMES, HOST, isDots, textOf } from './connection.ts'

/* What applications import or are told in their own words, held against their own rules. */

const HELPER = ['latchkey', 'token', 'orders/orders_reader']
const ajv = new Ajv({ strict: true, allErrors: true })
const names = fc.oneof(aName, fc.constantFrom(...AWKWARD_NAMES))
const fieldOf = ({ fields }: Snippet, label: string) => {
  const value = fields.find((field) => field.label === label)?.value
  return value && 'text' in value ? value.text : undefined
}

describe('pgAdmin', () => {
  // `validate_json_data` of its source, and the table of its documentation, "Import/Export Servers".
  const rules = ajv.compile({
    type: 'object',
    required: ['Servers'],
    properties: {
      Servers: {
        type: 'object',
        minProperties: 1,
        additionalProperties: {
          type: 'object',
          required: ['Name', 'Group', 'Host', 'Port', 'Username', 'MaintenanceDB'],
          properties: {
            Name: { type: 'string', minLength: 1 },
            Group: { type: 'string', minLength: 1 },
            Host: { type: 'string' },
            Port: { type: 'integer' },
            Username: { type: 'string' },
            MaintenanceDB: { type: 'string' },
            ConnectionParameters: {
              type: 'object',
              additionalProperties: false,
              properties: {
                sslmode: { enum: ['verify-full', 'verify-ca'] },
                sslrootcert: { type: 'string' },
                connect_timeout: { type: 'integer' },
                application_name: { type: 'string' },
                hostaddr: { type: 'string' },
              },
            },
            PasswordExecCommand: { type: 'string' },
            PasswordExecExpiration: { type: 'integer', minimum: 0 },
          },
          // Neither `Shared` nor a password.
          additionalProperties: false,
        },
      },
    },
    additionalProperties: false,
  })
  const read = (connection: Connection) =>
    JSON.parse(textOf(pgadmin(connection))) as { Servers: Record<string, Record<string, unknown>> }

  test('imports it, with every name as it is', () => {
    fc.assert(
      fc.property(names, names, fc.option(fc.constant(HELPER)), (dbname, user, helper) => {
        const file = read(aConnection({ dbname, user, helper }))
        expect(rules(file), JSON.stringify(rules.errors)).toBe(true)
        expect(file.Servers[1]).toMatchObject({ MaintenanceDB: dbname, Username: user, Host: HOST })
      }),
    )
  })

  test('fetches tokens by the command of the portal, a minute before each ends', () => {
    expect(read(aConnection({ helper: HELPER })).Servers[1]).toMatchObject({
      PasswordExecCommand: 'latchkey token orders/orders_reader',
      PasswordExecExpiration: 840,
    })
    expect(read(aConnection()).Servers[1]).not.toHaveProperty('PasswordExecCommand')
  })

  test('is never given a command with anything that a shell or pgAdmin gives a meaning', () => {
    fc.assert(
      fc.property(names, (name) => {
        const [server] = Object.values(
          read(aConnection({ helper: ['latchkey', 'token', `orders/${name}`] })).Servers,
        )
        expect(String(server?.['PasswordExecCommand'] ?? '')).toMatch(/^[A-Za-z0-9_./:@+ -]*$/)
      }),
    )
    for (const name of ['$(id)', 'a;b', 'a b', '%USERNAME%', '`id`', 'a&b', 'a|b', "o'neil"])
      expect(
        read(aConnection({ helper: ['latchkey', 'token', `orders/${name}`] })).Servers[1],
      ).not.toHaveProperty('PasswordExecCommand')
  })

  test('goes through a tunnel and verifies the real name', () => {
    const { Servers } = read(aConnection({ dial: { host: '::1', port: 6543 }, home: '/home/ada' }))
    expect(Servers[1]).toMatchObject({
      Host: HOST,
      Port: 6543,
      ConnectionParameters: {
        hostaddr: '::1',
        sslmode: 'verify-full',
        sslrootcert: '/home/ada/.latchkey/eu-west-1.pem',
      },
    })
  })
})

describe('DBeaver', () => {
  // Its documentation, "data-sources.json reference"; `user` and `auth-model` as its own serializer writes them.
  const rules = ajv.compile({
    type: 'object',
    required: ['folders', 'connections'],
    properties: {
      folders: { type: 'object', maxProperties: 0 },
      connections: {
        type: 'object',
        minProperties: 1,
        additionalProperties: {
          type: 'object',
          required: ['provider', 'driver', 'name', 'save-password', 'configuration'],
          properties: {
            provider: { enum: ['postgresql', 'mysql'] },
            driver: { enum: ['postgres-jdbc', 'mysql8', 'mariaDB'] },
            name: { type: 'string' },
            'save-password': { const: false },
            configuration: {
              type: 'object',
              required: ['host', 'port', 'database', 'url', 'configurationType'],
              properties: {
                host: { type: 'string' },
                port: { type: 'string', pattern: '^\\d+$' },
                database: { type: 'string' },
                url: { type: 'string', pattern: '^jdbc:(postgresql|mysql|mariadb)://[^?]+$' },
                configurationType: { const: 'MANUAL' },
                user: { type: 'string' },
                'auth-model': { const: 'native' },
                properties: { type: 'object', additionalProperties: { type: 'string' } },
              },
              additionalProperties: false,
            },
          },
          additionalProperties: false,
        },
      },
    },
    additionalProperties: false,
  })

  test.each(ENGINES)('its file is as its reference says, for %s', (engine) => {
    fc.assert(
      fc.property(names, names, (dbname, user) => {
        const file: unknown = JSON.parse(textOf(dbeaverFile(aConnection({ engine, dbname, user }))))
        expect(rules(file), JSON.stringify(rules.errors)).toBe(true)
      }),
      { numRuns: 30 },
    )
  })

  /** As `DataSourceUtils.getDataSourceBySpec` does: by `|`, then by the first `=`. */
  const parse = (spec: string) =>
    Object.fromEntries(
      spec.split('|').map((pair) => {
        const at = pair.indexOf('=')
        return [pair.slice(0, at), pair.slice(at + 1)]
      }),
    )

  test('its line is read back as it was meant, or refused', () => {
    const check = (engine: Engine, dbname: string, user: string) => {
      const snippet = dbeaver(aConnection({ engine, dbname, user }))
      if (/[|\u0000-\u001f\u007f]/.test(dbname + user))
        return void expect(snippet.refused).toMatch(/DBeaver’s command line/)
      const command = fieldOf(snippet, 'Command') ?? ''
      const quoted = command.slice('dbeaver -con '.length)
      const spec = quoted.replace(/^'|'$/g, '').replaceAll(`'\\''`, `'`)
      expect(parse(spec)).toMatchObject({
        host: HOST,
        database: dbname,
        user,
        savePassword: 'false',
        ...(engine === 'postgres' ? { 'prop.sslmode': 'verify-full' } : {}),
      })
      expect(parse(spec)).not.toHaveProperty('password')
    }
    fc.assert(fc.property(fc.constantFrom(...ENGINES), names, names, check))
    expect(dbeaver(aConnection({ user: 'a|b' })).fields).toEqual([])
  })
})

describe('a service file', () => {
  /** As libpq's `parseServiceFile` does: by lines, without the blanks at their ends, by the first `=`. */
  const parse = (text: string) =>
    Object.fromEntries(
      text
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('['))
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    )

  test('is read back as it was meant, or refused, and never holds a password', () => {
    fc.assert(
      fc.property(names, names, (dbname, user) => {
        const snippet = serviceFile(aConnection({ dbname, user, home: '/home/ada' }))
        if (snippet.refused !== null)
          return void expect(dbname + user).toMatch(/[\u0000-\u001f\u007f\s]|.{67}/u)
        const text = textOf(snippet)
        expect(parse(text)).toEqual({
          host: HOST,
          port: '5432',
          dbname,
          user,
          sslmode: 'verify-full',
          sslrootcert: '/home/ada/.latchkey/eu-west-1.pem',
          application_name: 'latchkey/01HX',
        })
        for (const line of text.split('\n')) expect(line.length).toBeLessThan(500)
      }),
    )
  })

  test('takes a tunnel by its address, and no name', () => {
    const through = (host: string) => serviceFile(aConnection({ dial: { host, port: 6543 } }))
    expect(textOf(through('10.1.2.3'))).toContain(`host=${HOST}\nhostaddr=10.1.2.3\nport=6543\n`)
    expect(through('bastion.example.com').refused).toMatch(/as an IP address/)
  })
})

describe('SQL Workbench/J', () => {
  test('has everything in the URL, and no token in its line', () => {
    const line = fieldOf(sqlWorkbench(aConnection()), 'Command') ?? ''
    expect(line).toContain(`'-url=jdbc:postgresql://${HOST}:5432/orders?sslmode=verify-full&`)
    expect(line).toContain('-driver=org.postgresql.Driver')
    expect(line).not.toMatch(/-password/i)
    expect(sqlWorkbench(aConnection({ user: "o'neil" })).refused).toMatch(/read “o'neil” otherwise/)
  })

  test('its profile is a properties file that Java reads as it was meant, or refused', () => {
    fc.assert(
      fc.property(names, names, (dbname, user) => {
        const snippet = sqlWorkbenchFile(aConnection({ dbname, user }))
        if (snippet.refused !== null) return void expect(user).toMatch(/[^ -~]|\\|^ | $/)
        const lines = textOf(snippet).trimEnd().split('\n')
        expect(lines).toHaveLength(5)
        expect(lines).toContain(`profile.latchkey.username=${user}`)
        expect(lines.join()).toMatch(/^[ -~]*$/)
      }),
    )
  })
})

test.each([
  ['TablePlus', tableplus],
  ['Postico', postico],
])('a link for %s names the entry, and holds no token', (_, write) => {
  fc.assert(
    fc.property(names, names, (dbname, user) => {
      fc.pre(!isDots(dbname))
      const url = new URL(fieldOf(write(aConnection({ dbname, user })), 'Link') ?? '')
      expect(decodeURIComponent(url.username)).toBe(user)
      expect(url.password).toBe('')
      expect(decodeURIComponent(url.pathname.slice(1))).toBe(dbname)
      expect(url.host).toBe(`${HOST}:5432`)
    }),
  )
})

test('Postico is for a Mac alone', () => {
  const has = (system: Connection['system']) =>
    snippetsFor(aConnection({ system })).some(({ client }) => client === 'postico')
  expect([has('macos'), has('linux'), has('windows')]).toEqual([true, false, false])
})

test.each(ENGINES)(
  'a file of %s holds no place for a token, and has a name of plain letters',
  (engine) => {
    for (const { file, parts } of snippetsFor(aConnection({ engine }))) {
      if (!file) continue
      expect(parts.every((part) => 'text' in part)).toBe(true)
      expect(file.name).toMatch(/^[a-z0-9._-]+$/)
    }
  },
)
