import type { EndpointKind, Engine } from '../catalog/catalog.ts'

export type FoundKind = 'instance' | 'cluster' | 'proxy'

/** One thing in RDS that a token can be signed for, as its account describes it. */
export type Found = {
  account: string
  region: string
  kind: FoundKind
  /** DBInstanceIdentifier, DBClusterIdentifier or DBProxyName. */
  identifier: string
  arn: string
  /** DbiResourceId, DbClusterResourceId, or the `prx-…` at the end of a proxy's ARN. */
  resource: string
  /** null: an engine that knows no IAM authentication, such as Oracle and SQL Server. */
  engine: Engine | null
  engineVersion: string | null
  /** `available`, `stopped`, … in the words of RDS. */
  status: string
  /** Whether IAM database authentication is on; `pending` is what it will be, where a change waits for the maintenance window. */
  iam: { on: boolean; pending: boolean | null }
  dbname: string | null
  /** Signing hosts, the usual one first. `name`: writer, reader, instance, proxy, or what a custom endpoint is called. */
  endpoints: readonly { name: string; kind: EndpointKind; host: string; port: number }[]
  /** The authority of its certificate: `rds-ca-rsa2048-g1`; an ISO 8601 instant. */
  ca: { identifier: string; validTill: string | null } | null
  tags: Readonly<Record<string, string>>
  /** The instances of a cluster. */
  members: readonly string[]
  /** The cluster of an instance. */
  cluster: string | null
  globalCluster: string | null
  publiclyAccessible: boolean | null
  securityGroups: readonly string[]
  masterUsername: string | null
}

/** One account and region, as far as it could be read. */
export type Place = {
  account: string
  region: string
  /** When it was read last with success; null: never. */
  readAt: Date | null
  /** Why the newest reading failed as a whole. */
  fault: { code: string; message: string; mend: string } | null
  /** API actions that were refused while others worked, as IAM spells them; what they tell is missing. */
  missing: readonly string[]
  count: number
}

export type Inventory = { places: readonly Place[]; found: readonly Found[] }
