import { AwsError, type XmlTree } from './aws-query.ts'
import { refuseUnknown } from './query-parameters.ts'
import { cut, filtered } from './rds-page.ts'
import * as shapes from './rds-shapes.ts'
import type { RdsWorld } from './rds-world.ts'

type Parameters = ReadonlyMap<string, string>
type Place = { world: RdsWorld; region: string; account: string }

/** One thing in the answer: where it stands in the order, by what names it is found, and its elements once it is asked for. */
type Row = {
  key: string
  names: readonly string[]
  filters: Readonly<Record<string, string | null>>
  show: () => XmlTree
}

type Describing = {
  /** The parameter that asks for one thing. */
  one: string
  others?: readonly string[]
  /** The kind in ARNs; null: the action knows no resources. */
  arn: string | null
  list: readonly [outer: string, inner: string]
  notFound: readonly [status: number, code: string]
  rows(place: Place, parameters: Parameters): Row[]
}

const inRegion = <T extends { region: string }>(all: readonly T[], region: string) =>
  all.filter((each) => each.region === region)

/** What can be described, with the codes of the Amazon RDS API reference. */
export const DESCRIBED: Readonly<Record<string, Describing>> = {
  DescribeDBInstances: {
    one: 'DBInstanceIdentifier',
    arn: 'db',
    list: ['DBInstances', 'DBInstance'],
    notFound: [404, 'DBInstanceNotFound'],
    rows: ({ world, region, account }) =>
      inRegion(world.instances, region).map((it) => ({
        key: it.identifier,
        names: [it.identifier, shapes.arnOf.instance(it, account), it.resource],
        filters: {
          'db-instance-id': it.identifier,
          'db-cluster-id': it.cluster,
          'dbi-resource-id': it.resource,
          engine: it.engine,
        },
        show: () => shapes.showInstance(it, account),
      })),
  },
  DescribeDBClusters: {
    one: 'DBClusterIdentifier',
    others: ['IncludeShared'],
    arn: 'cluster',
    list: ['DBClusters', 'DBCluster'],
    notFound: [404, 'DBClusterNotFoundFault'],
    rows: ({ world, region, account }) =>
      inRegion(world.clusters, region).map((it) => ({
        key: it.identifier,
        names: [it.identifier, shapes.arnOf.cluster(it, account), it.resource],
        filters: {
          'db-cluster-id': it.identifier,
          'db-cluster-resource-id': it.resource,
          engine: it.engine,
        },
        show: () => shapes.showCluster(it, world, account),
      })),
  },
  DescribeDBClusterEndpoints: {
    one: 'DBClusterIdentifier',
    others: ['DBClusterEndpointIdentifier'],
    arn: 'cluster-endpoint',
    list: ['DBClusterEndpoints', 'DBClusterEndpointList'],
    notFound: [404, 'DBClusterNotFoundFault'],
    rows: ({ world, region, account }, parameters) =>
      inRegion(world.clusters, region).flatMap((cluster) =>
        shapes
          .showClusterEndpoints(cluster, world, account)
          .filter(({ DBClusterEndpointIdentifier: name }) => {
            const wanted = parameters.get('DBClusterEndpointIdentifier')
            return wanted === undefined || wanted === name
          })
          .map((tree) => ({
            key: `${cluster.identifier} ${String(tree['Endpoint'])}`,
            names: [cluster.identifier, shapes.arnOf.cluster(cluster, account)],
            filters: { 'db-cluster-endpoint-type': String(tree['EndpointType']).toLowerCase() },
            show: () => tree,
          })),
      ),
  },
  DescribeDBProxies: {
    one: 'DBProxyName',
    arn: 'db-proxy',
    list: ['DBProxies', 'member'],
    notFound: [404, 'DBProxyNotFoundFault'],
    rows: ({ world, region, account }) =>
      inRegion(world.proxies, region).map((it) => ({
        key: it.identifier,
        names: [it.identifier],
        filters: {},
        show: () => shapes.showProxy(it, account),
      })),
  },
  DescribeDBProxyEndpoints: {
    one: 'DBProxyEndpointName',
    others: ['DBProxyName'],
    arn: 'db-proxy-endpoint',
    list: ['DBProxyEndpoints', 'member'],
    notFound: [404, 'DBProxyEndpointNotFoundFault'],
    rows: ({ world, region, account }, parameters) =>
      inRegion(world.proxyEndpoints, region)
        .filter(({ proxy }) => proxy === (parameters.get('DBProxyName') ?? proxy))
        .map((it) => ({
          key: it.identifier,
          names: [it.identifier],
          filters: {},
          show: () => shapes.showProxyEndpoint(it, account),
        })),
  },
  DescribeGlobalClusters: {
    one: 'GlobalClusterIdentifier',
    arn: 'global-cluster',
    list: ['GlobalClusters', 'GlobalClusterMember'],
    notFound: [404, 'GlobalClusterNotFoundFault'],
    rows: ({ world, account }) =>
      world.globals.map((it) => ({
        key: it.identifier,
        names: [it.identifier, shapes.arnOf.global(it, account)],
        filters: { 'global-cluster-id': it.identifier },
        show: () => shapes.showGlobal(it, account),
      })),
  },
  DescribeCertificates: {
    one: 'CertificateIdentifier',
    arn: null,
    list: ['Certificates', 'Certificate'],
    notFound: [404, 'CertificateNotFound'],
    rows: ({ world, region }) =>
      inRegion(world.certificates, region).map((it) => ({
        key: it.identifier,
        names: [it.identifier],
        filters: {},
        show: () => shapes.showCertificate(it),
      })),
  },
}

/** What IAM is asked about: the thing that is named, or all of its kind. */
export function describedArn(
  { arn, one }: Describing,
  parameters: Parameters,
  region: string,
  account: string,
): string {
  const name = parameters.get(one) ?? '*'
  if (arn === null) return '*'
  if (name.startsWith('arn:')) return name
  return shapes.rdsArn(arn === 'global-cluster' ? '' : region, account, arn, name)
}

/** One page, in the order of names. @throws AwsError */
export function describe(kind: Describing, parameters: Parameters, place: Place): XmlTree {
  const { one, others = [], list, notFound } = kind
  refuseUnknown(parameters, [one, ...others, 'Filters', 'MaxRecords', 'Marker'])
  const wanted = parameters.get(one)?.toLowerCase()
  const all = kind.rows(place, parameters)
  const rows = all
    .filter(({ names }) => wanted === undefined || names.some((n) => n.toLowerCase() === wanted))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
  if (wanted !== undefined && rows.length === 0) {
    const [status, code] = notFound
    throw new AwsError(status, code, `${one} ${parameters.get(one)} not found.`)
  }
  const { page, marker } = cut(filtered(rows, parameters), parameters)
  const [outer, inner] = list
  return { Marker: marker, [outer]: { [inner]: page.map(({ show }) => show()) } }
}
