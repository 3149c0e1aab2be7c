import type { WrittenCatalog } from '../../server/core/catalog/catalog.ts'
import { parseCatalog } from '../../server/core/catalog/parse-catalog.ts'
import type { Found, Inventory, Place } from '../../server/core/inventory/found.ts'

export const ACCOUNT = '111122223333'
export const REGION = 'eu-west-1'

/** A cluster as RDS has it, with a writer and a reader. */
export function aCluster(over: Partial<Found> = {}): Found {
  const { identifier = 'orders', region = REGION } = over
  const host = (role: string) => `${identifier}.${role}-c1a2b3c4d5e6.${region}.rds.amazonaws.com`
  return {
    account: ACCOUNT,
    region,
    kind: 'cluster',
    identifier,
    arn: `arn:aws:rds:${region}:${ACCOUNT}:cluster:${identifier}`,
    resource: 'cluster-ABCDEFGHIJKL01234',
    engine: 'aurora-postgresql',
    engineVersion: '16.8',
    status: 'available',
    iam: { on: true, pending: null },
    dbname: 'orders',
    endpoints: [
      { name: 'writer', kind: 'writer', host: host('cluster'), port: 5432 },
      { name: 'reader', kind: 'reader', host: host('cluster-ro'), port: 5432 },
    ],
    ca: null,
    tags: { latchkey: identifier },
    members: [],
    cluster: null,
    globalCluster: null,
    publiclyAccessible: null,
    securityGroups: [],
    masterUsername: 'postgres',
    ...over,
  }
}

export function anInstance(over: Partial<Found> = {}): Found {
  const { identifier = 'legacy', region = REGION } = over
  return aCluster({
    kind: 'instance',
    arn: `arn:aws:rds:${region}:${ACCOUNT}:db:${identifier}`,
    resource: 'db-MNOPQRSTUVWXYZ56789',
    engine: 'postgres',
    identifier,
    endpoints: [
      {
        name: 'instance',
        kind: 'instance',
        host: `${identifier}.c1a2b3c4d5e6.${region}.rds.amazonaws.com`,
        port: 5432,
      },
    ],
    ...over,
  })
}

export const aPlace = (over: Partial<Place> = {}): Place => ({
  account: ACCOUNT,
  region: REGION,
  readAt: new Date('2026-11-25T12:00:00Z'),
  fault: null,
  missing: [],
  count: 1,
  ...over,
})

export const holding = (found: readonly Found[], place: Partial<Place> = {}): Inventory => ({
  places: [aPlace(place)],
  found,
})

/** A catalog whose one database has these lines, and whose rules are of `reader`. */
export function catalogText(database: string, more = ''): string {
  const lines = database.split('\n').map((line) => `    ${line}`)
  return `
admins: [platform-admins]
inventory:
  - role: arn:aws:iam::${ACCOUNT}:role/latchkey-inventory
    externalId: 6f0c1f0e-52a1-4c0e-9a54-2c9f2f0b7c11
    regions: [${REGION}]
teams:
  payments:
    groups: [payments-engineers]
    roles: [{ arn: 'arn:aws:iam::${ACCOUNT}:role/latchkey-payments', externalId: abc }]
databases:
  orders:
    account: "${ACCOUNT}"
    region: ${REGION}
${lines.join('\n')}
${more}
access:
  - { team: payments, databases: [orders], user: reader, duration: 8h }
  - team: payments
    databases: [orders]
    user: writer
    duration: 1h
    approval: { groups: [payments-leads], count: 1 }
`
}

const parsed = new Map<string, WrittenCatalog>()

/** Parsed once: properties ask for the same ones many times. */
export function written(database: string, more = ''): WrittenCatalog {
  const text = catalogText(database, more)
  const known = parsed.get(text) ?? parse(text)
  parsed.set(text, known)
  return known
}

function parse(text: string): WrittenCatalog {
  const result = parseCatalog(text)
  if ('problems' in result) throw new Error(JSON.stringify(result.problems, null, 1))
  return result.catalog
}
