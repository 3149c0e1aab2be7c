import { expect, test } from 'vitest'
import { parseCatalog } from '../../server/core/catalog/parse-catalog.ts'
import { BREAKS, DAMAGES } from './break.ts'
import { DATABASES, INVOICES } from './databases.ts'
import { labCatalog } from './lab-catalog.ts'
import { PEOPLE } from './people.ts'

test.each([false, true])(
  'the demo’s catalog is a good one, and dials the doors for the names of RDS; with MariaDB: %s',
  (more) => {
    const databases = more ? [...DATABASES, INVOICES] : DATABASES
    const usual = databases.flatMap(({ endpoints, port }) =>
      endpoints.map((endpoint) => ({ ...endpoint, port })),
    )
    const doorOf = (host: string) => usual.find((endpoint) => endpoint.host === host)?.door ?? 0
    const parsed = parseCatalog(labCatalog(doorOf, databases))
    if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems, null, 2))
    const { catalog } = parsed
    const endpoints = [...catalog.databases.values()].flatMap((database) => database.endpoints)
    expect(
      endpoints.map(({ signing, dial }) => [signing.host, signing.port, dial.host, dial.port]),
    ).toEqual(usual.map(({ host, port, door }) => [host, port, '127.0.0.1', door]))
    const writer = catalog.rules.find(
      ({ database, user }) => database === 'orders' && user === 'orders_writer',
    )
    expect(writer).toMatchObject({
      duration: 3600,
      reason: 'required',
      approval: { groups: ['payments-leads'], count: 1, within: 86_400 },
    })
  },
)

test('every group of the catalog has somebody in it', () => {
  const text = labCatalog(() => 1234)
  for (const group of new Set(PEOPLE.flatMap(({ groups }) => groups))) expect(text).toContain(group)
})

test.each(BREAKS)(
  'broken by %s, the catalog is one that an administrator would be let have',
  (name) => {
    const { orders } = DAMAGES[name]
    const databases = DATABASES.map((it) => (it.name === orders?.name ? orders : it))
    expect(parseCatalog(labCatalog(() => 1234, databases))).not.toHaveProperty('problems')
  },
)
