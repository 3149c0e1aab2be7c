import {
  type Database,
  ENGINES,
  type Engine,
  type FollowedDatabase,
  type InventoryRole,
} from './catalog.ts'
import { checkEndpoints, endpoint } from './database-endpoint.ts'
import { all } from './group.ts'
import type { Reader } from './reader.ts'
import { checkReference, referenceFields, REFERENCES } from './reference.ts'
import { partitionOf } from './region.ts'
import { region } from './region-shape.ts'
import { checkResource, RESOURCE, mendResource } from './resource.ts'
import { list, type Named, named } from './shape-list.ts'
import { object, type Read } from './shape-object.ts'
import { choice, text } from './shape-text.ts'

const account = text({
  about: 'The AWS account of the database, in quotes: a number would lose its leading zeros.',
  examples: ['111122223333'],
  pattern: /^[0-9]{12}$/u,
  fault: 'is not an AWS account of 12 digits',
  mend: (written) => {
    const digits = written.replace(/[^0-9]/gu, '')
    if (digits.length === 11) return `write "0${digits}" if a leading zero was lost`
    return `write ${digits.length === 12 ? `"${digits}"` : '"111122223333"'}, in quotes`
  },
})

/** A database that follows one in RDS needs none of these. */
const unless = REFERENCES

export const database = object(
  {
    about: 'An RDS instance, an Aurora or Multi-AZ cluster, or an RDS Proxy.',
    example: 'engine:, account:, region:, resource:, dbname: and endpoints: below it',
  },
  {
    engine: {
      shape: choice('The engine, as RDS names it.', ENGINES, {
        postgresql: 'postgres',
        pg: 'postgres',
        'aurora-postgres': 'aurora-postgresql',
        aurora: 'aurora-mysql',
        maria: 'mariadb',
      }),
      need: 'aurora-postgresql',
      unless,
    },
    account: { shape: account, need: '"111122223333"' },
    region: {
      shape: region('The AWS region of the database. The partition follows from it.'),
      need: 'eu-west-1',
    },
    ...referenceFields,
    resource: {
      shape: text({
        about:
          'The DbiResourceId (db-…), the DbClusterResourceId (cluster-…) or the id at the end of the ARN of a proxy (prx-…).',
        examples: ['cluster-ABCDEFGHIJKL01234', 'db-ABCDEFGHIJKL01234', 'prx-0123456789abcdef0'],
        pattern: RESOURCE,
        fault: 'is no resource id',
        mend: mendResource,
      }),
      need: 'cluster-…, the DbClusterResourceId, or db-…, the DbiResourceId',
      unless,
    },
    dbname: {
      shape: text({
        about: 'The database inside it that clients open.',
        examples: ['orders'],
        longest: 64,
      }),
      need: 'orders, the database that clients open',
      unless,
    },
    environment: {
      shape: text({
        about: 'Colours the page: what begins with prod asks for care.',
        examples: ['production', 'staging', 'development'],
        longest: 40,
      }),
    },
    description: {
      shape: text({
        about: 'One line for whoever looks for a database.',
        examples: ['Orders and their items, since 2019'],
        longest: 500,
      }),
    },
    tags: {
      shape: list(text({ about: 'A word to search for.', examples: ['pci'], longest: 60 }), {
        about: 'Words to search for.',
        example: '[pci, core]',
        identity: (tag) => tag,
      }),
    },
    endpoints: {
      shape: named(endpoint, {
        about: 'Host and port by name, the usual one first.',
        example: 'writer: orders.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com:5432',
        filled: true,
      }),
      need: '{ writer: "orders.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com:5432" }',
      unless,
    },
  },
)

export type Declared = Database | FollowedDatabase
export const isFollowed = (database: Declared): database is FollowedDatabase =>
  'reference' in database
export const isWhole = (database: Declared): database is Database => !isFollowed(database)

/** Every declared database; undefined where something is wrong with it and nothing more can be said. */
export type Databases = ReadonlyMap<string, Declared | undefined>

export function checkDatabases(
  reader: Reader,
  found: Named<Read<typeof database>>,
  inventory: readonly InventoryRole[] | undefined,
): Databases {
  return new Map(
    [...found].map(([name, { at }]) => [
      name,
      at && checkDatabase(reader, name, at.value, inventory),
    ]),
  )
}

function checkDatabase(
  reader: Reader,
  name: string,
  read: Read<typeof database>,
  inventory: readonly InventoryRole[] | undefined,
): Declared | undefined {
  const engine: Engine | undefined = read.engine?.value
  const where = { account: read.account?.value, region: read.region?.value }
  const reference = checkReference(reader, read, where, inventory)
  const resource = checkResource(reader, read.resource, engine)
  const endpoints = checkEndpoints(reader, read.endpoints?.value, {
    region: read.region?.value,
    resource: read.resource?.value,
  })
  const tags = read.tags ? all(read.tags.value) : []
  const partition = read.region && partitionOf(read.region.value)
  if (reference === undefined || !read.account || !read.region || !partition || !tags)
    return undefined
  const known = {
    name,
    account: read.account.value,
    region: read.region.value,
    partition,
    environment: read.environment?.value ?? null,
    description: read.description?.value ?? null,
    tags,
  }
  if (reference) {
    if ((read.resource && !resource) || (read.endpoints && !endpoints)) return undefined
    const dbname = read.dbname?.value ?? null
    return {
      ...known,
      reference,
      engine: engine ?? null,
      resource: resource ?? null,
      dbname,
      endpoints: endpoints ?? [],
    }
  }
  if (!engine || !resource || !read.dbname || !endpoints) return undefined
  return { ...known, engine, resource, dbname: read.dbname.value, endpoints }
}
