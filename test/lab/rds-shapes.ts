import type { XmlTree } from './aws-query.ts'
import type * as rds from './rds-world.ts'

/* The things of RDS as its API writes them (Amazon RDS API reference, data types), as far as the lab knows them. */

/** `arn:aws:rds:<region>:<account>:<kind>:<name>`; a global cluster has no region. */
export const rdsArn = (region: string, account: string, kind: string, name: string) =>
  `arn:aws:rds:${region}:${account}:${kind}:${name}`

/** Where the kinds of the world have their ARNs from. */
export const arnOf = {
  instance: (it: rds.RdsInstance, account: string) =>
    rdsArn(it.region, account, 'db', it.identifier),
  cluster: (it: rds.RdsCluster, account: string) =>
    rdsArn(it.region, account, 'cluster', it.identifier),
  clusterEndpoint: (it: rds.RdsClusterEndpoint, account: string) =>
    rdsArn(it.region, account, 'cluster-endpoint', it.identifier),
  proxy: (it: rds.RdsProxy, account: string) => rdsArn(it.region, account, 'db-proxy', it.resource),
  proxyEndpoint: (it: rds.RdsProxyEndpoint, account: string) =>
    rdsArn(it.region, account, 'db-proxy-endpoint', it.resource),
  global: (it: rds.RdsGlobal, account: string) =>
    rdsArn('', account, 'global-cluster', it.identifier),
}

export const tagList = (tags: rds.RdsTags): XmlTree => ({
  Tag: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
})

const securityGroups = (groups: readonly string[]): XmlTree => ({
  VpcSecurityGroupMembership: groups.map((VpcSecurityGroupId) => ({
    VpcSecurityGroupId,
    Status: 'active',
  })),
})

const pending = (iam: boolean | null): XmlTree | null =>
  iam === null ? null : { IAMDatabaseAuthenticationEnabled: iam }

export const showInstance = (it: rds.RdsInstance, account: string): XmlTree => ({
  DBInstanceIdentifier: it.identifier,
  DBInstanceClass: 'db.t4g.medium',
  Engine: it.engine,
  DBInstanceStatus: it.status,
  MasterUsername: it.masterUsername,
  DBName: it.dbname,
  Endpoint: { Address: it.host, Port: it.port },
  VpcSecurityGroups: securityGroups(it.securityGroups),
  // RDS has the element also where nothing is pending.
  PendingModifiedValues: pending(it.iamPending) ?? {},
  EngineVersion: it.engineVersion,
  PubliclyAccessible: it.publiclyAccessible,
  DBClusterIdentifier: it.cluster,
  DbiResourceId: it.resource,
  CACertificateIdentifier: it.ca.identifier,
  DBInstanceArn: arnOf.instance(it, account),
  IAMDatabaseAuthenticationEnabled: it.iam,
  TagList: tagList(it.tags),
  CertificateDetails: { CAIdentifier: it.ca.identifier, ValidTill: it.ca.validTill },
})

export function showCluster(it: rds.RdsCluster, world: rds.RdsWorld, account: string): XmlTree {
  const ours = (other: { region: string; cluster: string | null }) =>
    other.region === it.region && other.cluster === it.identifier
  return {
    DatabaseName: it.dbname,
    DBClusterIdentifier: it.identifier,
    Status: it.status,
    Endpoint: it.host,
    ReaderEndpoint: it.readerHost,
    CustomEndpoints: { member: world.clusterEndpoints.filter(ours).map(({ host }) => host) },
    Engine: it.engine,
    EngineVersion: it.engineVersion,
    Port: it.port,
    MasterUsername: it.masterUsername,
    DBClusterMembers: {
      DBClusterMember: world.instances.filter(ours).map(({ identifier, writer }) => ({
        DBInstanceIdentifier: identifier,
        IsClusterWriter: writer,
      })),
    },
    VpcSecurityGroups: securityGroups(it.securityGroups),
    DbClusterResourceId: it.resource,
    DBClusterArn: arnOf.cluster(it, account),
    IAMDatabaseAuthenticationEnabled: it.iam,
    PendingModifiedValues: pending(it.iamPending),
    GlobalClusterIdentifier: it.global,
    TagList: tagList(it.tags),
  }
}

/** A cluster's own writer and reader endpoints come in the same list as the custom ones, without a name. */
export function showClusterEndpoints(
  it: rds.RdsCluster,
  world: rds.RdsWorld,
  account: string,
): XmlTree[] {
  const own = (host: string, EndpointType: string): XmlTree => ({
    DBClusterIdentifier: it.identifier,
    Endpoint: host,
    Status: 'available',
    EndpointType,
  })
  return [
    own(it.host, 'WRITER'),
    ...(it.readerHost === null ? [] : [own(it.readerHost, 'READER')]),
    ...world.clusterEndpoints
      .filter(({ region, cluster }) => region === it.region && cluster === it.identifier)
      .map((custom): XmlTree => ({
        DBClusterEndpointIdentifier: custom.identifier,
        DBClusterIdentifier: it.identifier,
        Endpoint: custom.host,
        Status: custom.status,
        EndpointType: 'CUSTOM',
        CustomEndpointType: custom.type,
        StaticMembers: { member: custom.members },
        DBClusterEndpointArn: arnOf.clusterEndpoint(custom, account),
      })),
  ]
}

export const showProxy = (it: rds.RdsProxy, account: string): XmlTree => ({
  DBProxyName: it.identifier,
  DBProxyArn: arnOf.proxy(it, account),
  Status: it.status,
  EngineFamily: it.engineFamily,
  VpcSecurityGroupIds: { member: it.securityGroups },
  DefaultAuthScheme: it.defaultAuthScheme,
  Auth: { member: [{ AuthScheme: 'SECRETS', IAMAuth: it.iamAuth }] },
  Endpoint: it.host,
  RequireTLS: it.requireTls,
})

export const showProxyEndpoint = (it: rds.RdsProxyEndpoint, account: string): XmlTree => ({
  DBProxyEndpointName: it.identifier,
  DBProxyEndpointArn: arnOf.proxyEndpoint(it, account),
  DBProxyName: it.proxy,
  Status: it.status,
  Endpoint: it.host,
  TargetRole: it.target,
  IsDefault: it.isDefault,
})

export const showGlobal = (it: rds.RdsGlobal, account: string): XmlTree => ({
  GlobalClusterIdentifier: it.identifier,
  GlobalClusterResourceId: it.resource,
  GlobalClusterArn: arnOf.global(it, account),
  Status: it.status,
  Engine: it.engine,
  EngineVersion: it.engineVersion,
  GlobalClusterMembers: {
    GlobalClusterMember: it.members.map(({ region, cluster, writer }) => ({
      DBClusterArn: rdsArn(region, account, 'cluster', cluster),
      IsWriter: writer,
    })),
  },
  Endpoint: it.host,
  TagList: tagList(it.tags),
})

export const showCertificate = (it: rds.RdsCertificate): XmlTree => ({
  CertificateIdentifier: it.identifier,
  CertificateType: 'CA',
  Thumbprint: it.thumbprint,
  ValidFrom: it.validFrom,
  ValidTill: it.validTill,
  CertificateArn: `arn:aws:rds:${it.region}::cert:${it.identifier}`,
})
