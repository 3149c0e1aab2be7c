import { AwsError, type XmlTree } from './aws-query.ts'
import { need, refuseUnknown } from './query-parameters.ts'
import { showCluster, showInstance } from './rds-shapes.ts'
import type { RdsWorld } from './rds-world.ts'

type Parameters = ReadonlyMap<string, string>
type Place = { world: RdsWorld; region: string; account: string }

const KNOWN = ['EnableIAMDatabaseAuthentication', 'ApplyImmediately']
/** Engines that take no tokens (Amazon RDS user guide, "Supported Regions and DB engines for IAM database authentication"). */
const WITHOUT_IAM = /^(oracle|sqlserver|db2|custom)-/

/** The one change that Latchkey's set-up asks for: IAM authentication on or off. @throws AwsError */
export function modifyInstance(parameters: Parameters, place: Place): XmlTree {
  refuseUnknown(parameters, ['DBInstanceIdentifier', ...KNOWN])
  const wanted = need(parameters, 'DBInstanceIdentifier')
  const found = place.world.instances.find((it) => isNamed(it, wanted, place.region))
  if (!found) throw new AwsError(404, 'DBInstanceNotFound', `DBInstance ${wanted} not found.`)
  const wish = readWish(parameters)
  if (wish.iam !== undefined) {
    if (found.cluster !== null) {
      throw unfit('The DB instance is a member of a DB cluster. Modify the DB cluster instead.')
    }
    if (WITHOUT_IAM.test(found.engine)) {
      throw unfit('IAM Database Authentication is not supported for this configuration.')
    }
    if (found.status !== 'available') {
      throw new AwsError(
        400,
        'InvalidDBInstanceState',
        `Database instance ${wanted} is not in available state.`,
      )
    }
    turn(found, wish.iam, wish.now)
  }
  return { DBInstance: showInstance(found, place.account) }
}

/** The same of a cluster: its instances follow. @throws AwsError */
export function modifyCluster(parameters: Parameters, place: Place): XmlTree {
  refuseUnknown(parameters, ['DBClusterIdentifier', ...KNOWN])
  const { world, region, account } = place
  const wanted = need(parameters, 'DBClusterIdentifier')
  const found = world.clusters.find((it) => isNamed(it, wanted, region))
  if (!found) throw new AwsError(404, 'DBClusterNotFoundFault', `DBCluster ${wanted} not found.`)
  const wish = readWish(parameters)
  if (wish.iam !== undefined) {
    if (found.status !== 'available') {
      throw new AwsError(
        400,
        'InvalidDBClusterStateFault',
        `DB cluster ${wanted} is not in available state.`,
      )
    }
    turn(found, wish.iam, wish.now)
    for (const member of world.instances) {
      if (member.region === region && member.cluster === found.identifier) member.iam = found.iam
    }
  }
  return { DBCluster: showCluster(found, world, account) }
}

/** Without ApplyImmediately it waits for the maintenance window, which never comes in the lab. */
function turn(it: { iam: boolean; iamPending: boolean | null }, iam: boolean, now: boolean): void {
  if (now) it.iam = iam
  it.iamPending = it.iam === iam ? null : iam
}

function readWish(parameters: Parameters) {
  return {
    iam: readBoolean(parameters, 'EnableIAMDatabaseAuthentication'),
    now: readBoolean(parameters, 'ApplyImmediately') ?? false,
  }
}

function readBoolean(parameters: Parameters, name: string): boolean | undefined {
  const text = parameters.get(name)
  if (text === undefined) return undefined
  if (text === 'true' || text === 'false') return text === 'true'
  throw new AwsError(400, 'MalformedInput', `${name} must be true or false.`)
}

/** Names are the same in capitals. */
const isNamed = (it: { identifier: string; region: string }, wanted: string, region: string) =>
  it.region === region && it.identifier.toLowerCase() === wanted.toLowerCase()

const unfit = (message: string) => new AwsError(400, 'InvalidParameterCombination', message)
