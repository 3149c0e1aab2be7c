import type { RdsEndpoint } from './rds-token.ts'

export type LabEndpoint = { name: string; host: string; door: number; readOnly: boolean }

/** A database as it stands in RDS, where its cluster or instance has the same name. `door` of an endpoint is the usual port of its door on loopback. */
export type LabDatabase = {
  name: string
  engine: 'postgres' | 'aurora-postgresql' | 'mariadb'
  /** Of its endpoints, as tokens are signed for it. */
  port: number
  region: string
  resource: string
  dbname: string
  endpoints: readonly LabEndpoint[]
}

export const DATABASES: readonly LabDatabase[] = [
  {
    name: 'orders',
    engine: 'aurora-postgresql',
    port: 5432,
    region: 'eu-west-1',
    resource: 'cluster-ABCDEFGHIJKL01234',
    dbname: 'orders',
    endpoints: [
      {
        name: 'writer',
        host: 'orders.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com',
        door: 6543,
        readOnly: false,
      },
      {
        name: 'reader',
        host: 'orders.cluster-ro-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com',
        door: 6544,
        readOnly: true,
      },
    ],
  },
  {
    name: 'orders-staging',
    engine: 'postgres',
    port: 5432,
    region: 'eu-west-1',
    resource: 'db-STAGINGMNOPQRSTUV56789',
    dbname: 'orders_staging',
    endpoints: [
      {
        name: 'instance',
        host: 'orders-staging.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com',
        door: 6545,
        readOnly: false,
      },
    ],
  },
  {
    name: 'shipments',
    engine: 'aurora-postgresql',
    port: 5432,
    region: 'eu-central-1',
    resource: 'cluster-WXYZABCDEFGH98765',
    dbname: 'shipments',
    endpoints: [
      {
        name: 'writer',
        host: 'shipments.cluster-c9z8y7x6w5v4.eu-central-1.rds.amazonaws.com',
        door: 6546,
        readOnly: false,
      },
    ],
  },
]

/** The one that is not PostgreSQL's: it is there where MariaDB is installed. */
export const INVOICES: LabDatabase = {
  name: 'invoices',
  engine: 'mariadb',
  port: 3306,
  region: 'eu-west-1',
  resource: 'db-INVOICESABCDEFGHI12345',
  dbname: 'invoices',
  endpoints: [
    {
      name: 'instance',
      host: 'invoices.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com',
      door: 6547,
      readOnly: false,
    },
  ],
}

/** In RDS and in no catalog: nobody has turned IAM authentication on, and no database user takes tokens yet. */
export const WAREHOUSE: LabDatabase = {
  name: 'warehouse',
  engine: 'postgres',
  port: 5432,
  region: 'eu-west-1',
  resource: 'db-WAREHOUSEBCDEFGH67890',
  dbname: 'warehouse',
  endpoints: [
    {
      name: 'instance',
      host: 'warehouse.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com',
      door: 6548,
      readOnly: false,
    },
  ],
}
/** Logs in with a password, and owns the database. */
export const WAREHOUSE_MASTER = 'warehouse_admin'

export const endpointOf = (database: LabDatabase, { host }: LabEndpoint): RdsEndpoint => ({
  host,
  port: database.port,
  region: database.region,
  resource: database.resource,
})
