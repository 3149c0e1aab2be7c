/*
 * What the control plane of RDS knows, as plain data: tests change it while the lab runs.
 * It is all in one account, and every thing but a global cluster is in a region.
 */

export type RdsWorld = {
  instances: RdsInstance[]
  clusters: RdsCluster[]
  /** Custom ones; writer and reader endpoints are the cluster's own. */
  clusterEndpoints: RdsClusterEndpoint[]
  proxies: RdsProxy[]
  proxyEndpoints: RdsProxyEndpoint[]
  globals: RdsGlobal[]
  certificates: RdsCertificate[]
}

export type RdsTags = Record<string, string>

/** Whether tokens are taken; `iamPending` is what the next maintenance window makes of it. */
type IamSwitch = { iam: boolean; iamPending: boolean | null }

export type RdsInstance = IamSwitch & {
  region: string
  /** DBInstanceIdentifier */
  identifier: string
  /** DbiResourceId: `db-…` */
  resource: string
  engine: string
  engineVersion: string
  status: string
  host: string
  port: number
  dbname: string | null
  /** DBClusterIdentifier, of a member of a cluster. */
  cluster: string | null
  /** Of a member: whether it is the one that writes. */
  writer: boolean
  masterUsername: string
  publiclyAccessible: boolean
  securityGroups: string[]
  ca: { identifier: string; validTill: string }
  tags: RdsTags
}

export type RdsCluster = IamSwitch & {
  region: string
  /** DBClusterIdentifier */
  identifier: string
  /** DbClusterResourceId: `cluster-…` */
  resource: string
  engine: string
  engineVersion: string
  status: string
  host: string
  readerHost: string | null
  port: number
  dbname: string | null
  global: string | null
  masterUsername: string
  securityGroups: string[]
  tags: RdsTags
}

export type RdsClusterEndpoint = {
  region: string
  identifier: string
  cluster: string
  host: string
  status: string
  type: 'ANY' | 'READER'
  members: string[]
  tags: RdsTags
}

export type RdsProxy = {
  region: string
  /** DBProxyName */
  identifier: string
  /** `prx-…`, the last part of its ARN. */
  resource: string
  status: string
  engineFamily: 'MYSQL' | 'POSTGRESQL' | 'SQLSERVER'
  host: string
  requireTls: boolean
  iamAuth: 'DISABLED' | 'REQUIRED' | 'ENABLED'
  defaultAuthScheme: 'NONE' | 'IAM_AUTH'
  securityGroups: string[]
  tags: RdsTags
}

export type RdsProxyEndpoint = {
  region: string
  identifier: string
  /** `prx-endpoint-…` */
  resource: string
  proxy: string
  host: string
  status: string
  target: 'READ_WRITE' | 'READ_ONLY'
  isDefault: boolean
  tags: RdsTags
}

export type RdsGlobal = {
  /** GlobalClusterIdentifier */
  identifier: string
  resource: string
  engine: string
  engineVersion: string
  status: string
  host: string | null
  /** Clusters by region and identifier; one of them writes. */
  members: { region: string; cluster: string; writer: boolean }[]
  tags: RdsTags
}

export type RdsCertificate = {
  region: string
  identifier: string
  /** SHA-1, lower-case hex. */
  thumbprint: string
  validFrom: string
  validTill: string
}

export const emptyWorld = (): RdsWorld => ({
  instances: [],
  clusters: [],
  clusterEndpoints: [],
  proxies: [],
  proxyEndpoints: [],
  globals: [],
  certificates: [],
})

type Named = { region: string; identifier: string }

/** What RDS would make of a name, unless told otherwise: available, IAM authentication off, PostgreSQL. */
export function makeInstance(wish: Named & Partial<RdsInstance>): RdsInstance {
  const { region, identifier } = wish
  return {
    resource: `db-${letters(identifier)}`,
    engine: 'postgres',
    engineVersion: '17.5',
    status: 'available',
    host: `${identifier}.c1a2b3c4d5e6.${region}.rds.amazonaws.com`,
    port: 5432,
    dbname: null,
    iam: false,
    iamPending: null,
    cluster: null,
    writer: false,
    masterUsername: 'postgres',
    publiclyAccessible: false,
    securityGroups: ['sg-0123456789abcdef0'],
    ca: { identifier: 'rds-ca-rsa2048-g1', validTill: '2061-05-21T00:00:00Z' },
    tags: {},
    ...wish,
  }
}

/** The same of an Aurora cluster; its instances are things of their own. */
export function makeCluster(wish: Named & Partial<RdsCluster>): RdsCluster {
  const { region, identifier } = wish
  return {
    resource: `cluster-${letters(identifier)}`,
    engine: 'aurora-postgresql',
    engineVersion: '16.8',
    status: 'available',
    host: `${identifier}.cluster-c1a2b3c4d5e6.${region}.rds.amazonaws.com`,
    readerHost: `${identifier}.cluster-ro-c1a2b3c4d5e6.${region}.rds.amazonaws.com`,
    port: 5432,
    dbname: null,
    iam: false,
    iamPending: null,
    global: null,
    masterUsername: 'postgres',
    securityGroups: ['sg-0123456789abcdef0'],
    tags: {},
    ...wish,
  }
}

/** A proxy that wants tokens and TLS. */
export function makeProxy(wish: Named & Partial<RdsProxy>): RdsProxy {
  const { region, identifier } = wish
  return {
    resource: `prx-${letters(identifier).toLowerCase()}`,
    status: 'available',
    engineFamily: 'POSTGRESQL',
    host: `${identifier}.proxy-c1a2b3c4d5e6.${region}.rds.amazonaws.com`,
    requireTls: true,
    iamAuth: 'REQUIRED',
    defaultAuthScheme: 'NONE',
    securityGroups: ['sg-0123456789abcdef0'],
    tags: {},
    ...wish,
  }
}

/** Resource ids say nothing of the name; these do, so that a test can tell them apart. */
const letters = (identifier: string) => identifier.toUpperCase().replace(/[^A-Z0-9]/g, '')
