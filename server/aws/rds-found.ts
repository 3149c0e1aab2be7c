import type * as rds from '@aws-sdk/client-rds'
import { RESOURCE } from '../core/catalog/resource.ts'
import type { Found } from '../core/inventory/found.ts'
import {
  arnHere,
  endpointAt,
  engineOf,
  type Here,
  iamOf,
  identifierOf,
  namesOf,
  tagsOf,
  timeOf,
  words,
} from './rds-words.ts'

type Endpoints = Found['endpoints']

/** Speak the same API and are other products: nobody opens them by a token of RDS. */
const OTHERS = new Set(['docdb', 'neptune'])

const resourceOf = (text: string | undefined, kind: 'db' | 'cluster' | 'prx') =>
  text !== undefined && text.startsWith(`${kind}-`) && RESOURCE.test(text) ? text : null

const some = (endpoints: readonly (Endpoints[number] | null)[]): Endpoints =>
  endpoints.filter((each) => each !== null)

/** When the certificate ends, or at least its authority. */
const caOf = (
  identifier: unknown,
  validTill: Date | undefined,
  authorities: ReadonlyMap<string, string | null>,
): Found['ca'] => {
  const name = identifierOf(identifier)
  return name === null
    ? null
    : { identifier: name, validTill: timeOf(validTill) ?? authorities.get(name) ?? null }
}

export type Authorities = ReadonlyMap<string, string | null>

/** An instance as RDS describes it; null when something of it is not what RDS writes. */
export function readInstance(
  it: rds.DBInstance,
  here: Here,
  authorities: Authorities,
): Found | null {
  const identifier = identifierOf(it.DBInstanceIdentifier)
  const arn = arnHere(it.DBInstanceArn, here)
  const resource = resourceOf(it.DbiResourceId, 'db')
  if (identifier === null || arn === null || resource === null || OTHERS.has(it.Engine ?? ''))
    return null
  const { Address, Port } = it.Endpoint ?? {}
  const { CAIdentifier, ValidTill } = it.CertificateDetails ?? {}
  return {
    account: here.account,
    region: here.region,
    kind: 'instance',
    identifier,
    arn,
    resource,
    engine: engineOf(it.Engine),
    engineVersion: words(it.EngineVersion),
    status: words(it.DBInstanceStatus) ?? 'unknown',
    iam: iamOf(
      it.IAMDatabaseAuthenticationEnabled,
      it.PendingModifiedValues?.IAMDatabaseAuthenticationEnabled,
    ),
    dbname: words(it.DBName),
    endpoints: some([endpointAt('instance', Address, Port, ['instance'], here)]),
    ca: caOf(CAIdentifier ?? it.CACertificateIdentifier, ValidTill, authorities),
    tags: tagsOf(it.TagList),
    members: [],
    cluster: identifierOf(it.DBClusterIdentifier),
    globalCluster: null,
    publiclyAccessible: it.PubliclyAccessible ?? null,
    securityGroups: namesOf(it.VpcSecurityGroups?.map((group) => group.VpcSecurityGroupId)),
    masterUsername: words(it.MasterUsername),
  }
}

/** A cluster, with its custom endpoints and, while it is the one that writes, the endpoint of its global cluster. */
export function readCluster(
  it: rds.DBCluster,
  here: Here,
  beside: {
    authorities: Authorities
    custom: readonly rds.DBClusterEndpoint[]
    global: rds.GlobalCluster | undefined
  },
): Found | null {
  const identifier = identifierOf(it.DBClusterIdentifier)
  const arn = arnHere(it.DBClusterArn, here)
  const resource = resourceOf(it.DbClusterResourceId, 'cluster')
  if (identifier === null || arn === null || resource === null || OTHERS.has(it.Engine ?? ''))
    return null
  const { authorities, custom, global } = beside
  const writes = global?.GlobalClusterMembers?.some(
    ({ DBClusterArn, IsWriter }) => IsWriter === true && DBClusterArn === it.DBClusterArn,
  )
  // Their first label is what they are called, also where only the hosts may be read.
  const hosts = new Set([...(it.CustomEndpoints ?? []), ...custom.map((each) => each.Endpoint)])
  const { CAIdentifier, ValidTill } = it.CertificateDetails ?? {}
  return {
    account: here.account,
    region: here.region,
    kind: 'cluster',
    identifier,
    arn,
    resource,
    engine: engineOf(it.Engine),
    engineVersion: words(it.EngineVersion),
    status: words(it.Status) ?? 'unknown',
    iam: iamOf(
      it.IAMDatabaseAuthenticationEnabled,
      it.PendingModifiedValues?.IAMDatabaseAuthenticationEnabled,
    ),
    dbname: words(it.DatabaseName),
    endpoints: some([
      endpointAt('writer', it.Endpoint, it.Port, ['writer'], here),
      endpointAt('reader', it.ReaderEndpoint, it.Port, ['reader'], here),
      ...[...hosts].map((host) => endpointAt(host?.split('.')[0], host, it.Port, ['custom'], here)),
      writes ? endpointAt('global', global?.Endpoint, it.Port, ['global'], here) : null,
    ]),
    ca: caOf(CAIdentifier, ValidTill, authorities),
    tags: tagsOf(it.TagList),
    members: namesOf(it.DBClusterMembers?.map((member) => member.DBInstanceIdentifier)),
    cluster: null,
    globalCluster: identifierOf(it.GlobalClusterIdentifier ?? global?.GlobalClusterIdentifier),
    publiclyAccessible: it.PubliclyAccessible ?? null,
    securityGroups: namesOf(it.VpcSecurityGroups?.map((group) => group.VpcSecurityGroupId)),
    masterUsername: words(it.MasterUsername),
  }
}

/** The port follows from the family: a proxy cannot listen on another one (Aurora user guide, "RDS Proxy"). */
const FAMILIES: Readonly<Record<string, { engine: 'postgres' | 'mysql'; port: number }>> = {
  POSTGRESQL: { engine: 'postgres', port: 5432 },
  MYSQL: { engine: 'mysql', port: 3306 },
}

/** A proxy with its endpoints. What it takes tokens for are its own users, so IAM is said of the proxy. */
export function readProxy(
  it: rds.DBProxy,
  here: Here,
  beside: { endpoints: readonly rds.DBProxyEndpoint[]; tags: readonly rds.Tag[] | undefined },
): Found | null {
  const identifier = identifierOf(it.DBProxyName)
  const arn = arnHere(it.DBProxyArn, here)
  const resource = resourceOf(arn?.split(':').at(-1), 'prx')
  if (identifier === null || arn === null || resource === null) return null
  const { engine, port } = FAMILIES[it.EngineFamily ?? ''] ?? { engine: null, port: undefined }
  const endpoints = some([
    endpointAt('proxy', it.Endpoint, port, ['proxy'], here),
    ...beside.endpoints
      .filter(({ Endpoint }) => Endpoint !== it.Endpoint)
      .map(({ DBProxyEndpointName: name, Endpoint }) =>
        endpointAt(name, Endpoint, port, ['proxy'], here),
      ),
  ])
  return {
    account: here.account,
    region: here.region,
    kind: 'proxy',
    identifier,
    arn,
    resource,
    engine,
    engineVersion: null,
    status: words(it.Status) ?? 'unknown',
    iam: {
      on:
        it.DefaultAuthScheme === 'IAM_AUTH' ||
        (it.Auth ?? []).some(({ IAMAuth }) => IAMAuth === 'REQUIRED' || IAMAuth === 'ENABLED'),
      pending: null,
    },
    dbname: null,
    endpoints,
    ca: null,
    tags: tagsOf(beside.tags),
    members: [],
    cluster: null,
    globalCluster: null,
    publiclyAccessible: null,
    securityGroups: namesOf(it.VpcSecurityGroupIds),
    masterUsername: null,
  }
}
