import { AwsError, type XmlTree } from './aws-query.ts'
import { callerArn, isAllowed } from './iam.ts'
import { need, refuseUnknown } from './query-parameters.ts'
import {
  type QueryCall,
  type QueryFault,
  type QueryService,
  type QueryServiceOptions,
  type SignedCall,
  startQueryService,
} from './query-service.ts'
import { DESCRIBED, describe, describedArn } from './rds-describe.ts'
import { modifyCluster, modifyInstance } from './rds-modify.ts'
import { arnOf, rdsArn, tagList } from './rds-shapes.ts'
import type { RdsTags, RdsWorld } from './rds-world.ts'

export type RdsControl = QueryService & {
  /** Plain data, the same that was given: a test changes it, and the next call tells it so. */
  world: RdsWorld
  /** From now on this share of all calls, 0 to 1, evenly spread, is answered `Throttling`. */
  throttle(share: number): void
  /** As an organisation's policy denies it: one action in this region, such as `rds:DescribeDBProxies`, or all of them. */
  forbid(region: string, action?: string): void
  /** Calls in this region are taken and never answered. */
  hang(region: string): void
  /** Takes back all that was asked of the three above. */
  mend(): void
}

export type RdsControlOptions = QueryServiceOptions & { world: RdsWorld }

/** The control plane of Amazon RDS on loopback, for one account: it describes the world, and turns IAM authentication on and off. */
export async function startRdsControl(options: RdsControlOptions): Promise<RdsControl> {
  const { world, account } = options
  const faults = new Faults()
  const onCall = (call: QueryCall) => options.onCall?.(call) ?? faults.of(call)
  const service = await startQueryService(
    {
      service: 'rds',
      name: 'the RDS of the lab',
      version: '2014-10-31',
      namespace: 'http://rds.amazonaws.com/doc/2014-10-31/',
      perform: (call) => perform(call, world, account.id, faults),
    },
    { ...options, onCall },
  )
  return {
    ...service,
    world,
    throttle: (share) => faults.throttle(share),
    forbid: (region, action = 'rds:*') => void faults.forbidden.add(`${region} ${action}`),
    hang: (region) => void faults.hanging.add(region),
    mend: () => faults.mend(),
  }
}

/** What a test asked to go wrong. */
class Faults {
  readonly forbidden = new Set<string>()
  readonly hanging = new Set<string>()
  #share = 0
  #owed = 0

  throttle(share: number): void {
    this.#share = share
    this.#owed = 0
  }

  /** Every third call for a third of them, not by chance: what a test saw once it sees again. */
  of({ region }: QueryCall): QueryFault | undefined {
    if (this.hanging.has(region)) return { kind: 'hang' }
    this.#owed += this.#share
    if (this.#owed < 1) return undefined
    this.#owed -= 1
    return { kind: 'throttle' }
  }

  forbids(region: string, action: string): boolean {
    return [action, 'rds:*'].some((known) => this.forbidden.has(`${region} ${known}`))
  }

  mend(): void {
    this.throttle(0)
    this.forbidden.clear()
    this.hanging.clear()
  }
}

function perform(call: SignedCall, world: RdsWorld, account: string, faults: Faults): XmlTree {
  const { action, parameters, region } = call
  const place = { world, region, account }
  const kind = Object.hasOwn(DESCRIBED, action) ? DESCRIBED[action] : undefined
  if (kind) {
    authorize(call, describedArn(kind, parameters, region, account), faults)
    return describe(kind, parameters, place)
  }
  switch (action) {
    case 'ListTagsForResource': {
      refuseUnknown(parameters, ['ResourceName'])
      const arn = need(parameters, 'ResourceName')
      authorize(call, arn, faults)
      return { TagList: tagList(tagsOf(arn, world, account)) }
    }
    case 'ModifyDBInstance': {
      const name = need(parameters, 'DBInstanceIdentifier')
      authorize(call, rdsArn(region, account, 'db', name), faults)
      return modifyInstance(parameters, place)
    }
    case 'ModifyDBCluster': {
      const name = need(parameters, 'DBClusterIdentifier')
      authorize(call, rdsArn(region, account, 'cluster', name), faults)
      return modifyCluster(parameters, place)
    }
    default:
      throw new AwsError(400, 'InvalidAction', `The lab does not know the action ${action}.`)
  }
}

/** @throws AwsError in the words of IAM */
function authorize({ action, region, caller }: SignedCall, arn: string, faults: Faults): void {
  const denied = faults.forbids(region, `rds:${action}`)
  if (!denied && isAllowed(caller, `rds:${action}`, arn)) return
  const why = denied
    ? 'with an explicit deny in a service control policy'
    : `because no identity-based policy allows the rds:${action} action`
  throw new AwsError(
    403,
    'AccessDenied',
    `User: ${callerArn(caller)} is not authorized to perform: rds:${action} on resource: ${arn} ${why}`,
  )
}

function tagsOf(arn: string, world: RdsWorld, account: string): RdsTags {
  const found =
    world.instances.find((it) => arnOf.instance(it, account) === arn) ??
    world.clusters.find((it) => arnOf.cluster(it, account) === arn) ??
    world.clusterEndpoints.find((it) => arnOf.clusterEndpoint(it, account) === arn) ??
    world.proxies.find((it) => arnOf.proxy(it, account) === arn) ??
    world.proxyEndpoints.find((it) => arnOf.proxyEndpoint(it, account) === arn) ??
    world.globals.find((it) => arnOf.global(it, account) === arn)
  if (found) return found.tags
  throw new AwsError(404, 'DBInstanceNotFound', `There is nothing of this ARN: ${arn}`)
}
