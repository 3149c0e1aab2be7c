import type { EndpointKind } from './catalog.ts'
import { DNS_SUFFIXES, dnsSuffixOf, partitionOf } from './region.ts'

/** What the name of an RDS endpoint says. The endpoint of a global database names no region. */
export type RdsHost = { kind: EndpointKind; region: string | null; suffix: string }

const LABEL = '[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?'
const BEFORE_SUFFIX = new RegExp(
  `^${LABEL}\\.(?<part>endpoint\\.)?` +
    '(?<role>proxy-|cluster-ro-|cluster-custom-|cluster-|shardgrp-|global-)?[a-z0-9]{1,40}\\.' +
    '(?:(?<region>[a-z0-9-]{1,40})\\.rds|rds\\.(?<after>[a-z0-9-]{1,40}))$',
  'u',
)

const KIND_OF_ROLE: ReadonlyMap<string, EndpointKind> = new Map([
  ['', 'instance'],
  ['cluster-', 'writer'],
  ['cluster-ro-', 'reader'],
  ['cluster-custom-', 'custom'],
  ['proxy-', 'proxy'],
  ['global-', 'global'],
  // A shard group of Aurora Limitless has one endpoint, and it takes writes.
  ['shardgrp-', 'writer'],
])

/**
 * Reads a host name as an RDS endpoint; undefined when it is none. `host` is in lower case.
 *
 * `<id>.[cluster-…]<hash>.<region>.rds.<suffix>` everywhere, `….rds.<region>.<suffix>` outside the partition `aws`
 * (Aurora user guide, "Aurora endpoints" and "RDS Proxy endpoints"; China and GovCloud: the AWS JDBC wrapper's `RdsUtils`).
 */
export function parseRdsHost(host: string): RdsHost | undefined {
  const suffix = DNS_SUFFIXES.find((ending) => host.endsWith(`.${ending}`))
  if (suffix === undefined) return undefined
  const groups = BEFORE_SUFFIX.exec(host.slice(0, -suffix.length - 1))?.groups
  if (!groups) return undefined

  const kind = KIND_OF_ROLE.get(groups['role'] ?? '')
  const region = groups['region'] ?? groups['after'] ?? ''
  if (kind === undefined || (groups['part'] && kind !== 'proxy')) return undefined
  if ((kind === 'global') !== (region === 'global')) return undefined
  if (kind === 'global') return { kind, region: null, suffix }

  if (dnsSuffixOf(region) !== suffix) return undefined
  if (groups['after'] !== undefined && partitionOf(region) === 'aws') return undefined
  return { kind, region, suffix }
}
