import type { Database, Endpoint, TeamRole } from '../catalog/catalog.ts'
import { isMySql } from '../catalog/catalog.ts'
import type { Inventory } from '../inventory/found.ts'
import type { CaBundleSet } from '../trust/ca-bundle.ts'
import type { LookAt, ProbeStore } from '../trust/probe-ports.ts'
import { isOf, type TlsFinding } from '../trust/tls-finding.ts'
import { checkNetwork } from './check-network.ts'
import { checkRole } from './check-role.ts'
import type { Step, StepId } from './finding.ts'
import type { Resolve, Target, TryRole } from './ports.ts'

export type FactDeps = {
  inventory: () => Inventory
  bundles: Pick<CaBundleSet, 'bundle'>
  resolve: Resolve
  lookAt: LookAt
  /** Looks at certificates that were kept: those of MySQL are not repeated. */
  probes: Pick<ProbeStore, 'probeOf'>
  tryRole: TryRole
  now: () => Date
}

/** What many targets of one round share, asked once: a look at an endpoint, and what a role lets in. */
export type RoundFacts = {
  inventory: () => Inventory
  network: (target: Target) => Promise<{ steps: Map<StepId, Step>; pem: string | undefined }>
  role: (role: TeamRole, region: string) => Promise<Map<StepId, Step>>
}

/** Milliseconds: longer than the portal takes to look at MySQL again by itself. */
const KEPT_FOR = 8 * 86_400_000

/**
 * @param fresh a person asked: every look is made anew. A round by itself takes a kept one for MySQL and MariaDB, which
 * count connections that end before a log-in, and block an address for them (`max_connect_errors`)
 * @param reached whether the portal ever came as far as an answer at this endpoint
 */
export function makeRoundFacts(
  deps: FactDeps,
  { fresh, reached }: { fresh: boolean; reached: (database: string, endpoint: string) => boolean },
): RoundFacts {
  const once = memo()
  const see = async (
    { database, endpoint }: Target,
    pem: string | undefined,
  ): Promise<TlsFinding> =>
    (!fresh && isMySql(database.engine) && (await keptLook(database, endpoint))) ||
    deps.lookAt({ database, endpoint }, pem)
  const keptLook = async (database: Database, endpoint: Endpoint) => {
    const kept = await deps.probes.probeOf(database.name, endpoint.name)
    const good = kept && isOf(kept, endpoint) && deps.now().getTime() - kept.at.getTime() < KEPT_FOR
    return good && kept.finding.outcome === 'answered' && kept.finding.verified
      ? kept.finding
      : undefined
  }
  return {
    inventory: deps.inventory,
    network: (target) =>
      once(`endpoint\n${target.database.name}\n${target.endpoint.name}`, async () => {
        const { database, endpoint } = target
        const pem = deps.bundles.bundle(database.region)?.pem
        const [addresses, finding] = await Promise.all([
          deps.resolve(endpoint.dial.host),
          see(target, pem),
        ])
        const steps = checkNetwork({
          endpoint,
          addresses,
          finding,
          reached: reached(database.name, endpoint.name),
          bundle: pem !== undefined,
          region: database.region,
          now: deps.now(),
        })
        return { steps, pem }
      }),
    role: (role, region) =>
      once(`role\n${role.arn}\n${role.externalId}\n${region}`, () =>
        checkRole(deps.tryRole, role, region),
      ),
  }
}

function memo() {
  const known = new Map<string, Promise<unknown>>()
  return <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const running = (known.get(key) as Promise<T> | undefined) ?? work()
    known.set(key, running)
    return running
  }
}
