import type { EndpointKind, Engine } from './catalog.ts'
import type { Reader } from './reader.ts'
import type { At } from './spot.ts'

/** Resource ids as policies name them; IAM compares them exactly (RDS user guide, "IAM policy for IAM database access"). */
export const RESOURCE = /^(?:(?:db|cluster)-[A-Z0-9]{10,64}|prx-[a-z0-9]{10,64})$/u

type Kind = 'db' | 'cluster' | 'prx'
const kindOf = (resource: string) => resource.slice(0, resource.indexOf('-')) as Kind

/** Through which endpoints each kind of resource is reached. The ARN of a proxy opens the proxy and nothing behind it. */
const REACHED_BY: Record<Kind, { what: string; kinds: readonly EndpointKind[] }> = {
  db: { what: 'an instance', kinds: ['instance'] },
  cluster: { what: 'a cluster', kinds: ['writer', 'reader', 'custom', 'instance', 'global'] },
  prx: { what: 'a proxy', kinds: ['proxy'] },
}

const ASK_RDS =
  "aws rds describe-db-clusters --query 'DBClusters[].[DBClusterIdentifier,DbClusterResourceId]' shows it, " +
  'and describe-db-instances shows DbiResourceId'

/** What somebody who wrote this in place of a resource id most likely has to do. */
export function mendResource(written: string): string {
  if (written.includes('*')) return `a wildcard would open every database: ${ASK_RDS}`
  const better = /^prx-/iu.test(written)
    ? written.toLowerCase()
    : written.replace(
        /^(db|cluster)-(.*)$/isu,
        (_all, kind: string, id: string) => `${kind.toLowerCase()}-${id.toUpperCase()}`,
      )
  // Only with a digit in it: `cluster-production` is a name, and no id in capitals.
  if (RESOURCE.test(better) && /[0-9]/u.test(better)) return `write ${better}`
  return `write its resource id, not its name: ${ASK_RDS}`
}

/** The members of an Aurora cluster have ids of their own, but the right to connect is the cluster's. */
export function checkResource(
  reader: Reader,
  at: At<string> | undefined,
  engine: Engine | undefined,
): string | undefined {
  if (!at) return undefined
  if (engine?.startsWith('aurora-') && kindOf(at.value) === 'db')
    return reader.tell(
      at.spot,
      `is an instance, but the engine ${engine} lives in a cluster`,
      'write the DbClusterResourceId of its cluster: cluster-…',
    )
  return at.value
}

/** What is wrong with reaching a resource through an endpoint of that kind, as [message, mend]. */
export function reachFault(resource: string, kind: EndpointKind): [string, string] | undefined {
  const { what, kinds } = REACHED_BY[kindOf(resource)]
  if (kinds.includes(kind)) return undefined
  const wanted = kind === 'proxy' ? 'prx-…' : kind === 'instance' ? 'db-…' : 'cluster-…'
  return [
    `is the ${kind} endpoint of something else: the resource ${resource} is ${what}`,
    `write an endpoint of ${what}, or the resource id ${wanted} of what stands behind this one`,
  ]
}
