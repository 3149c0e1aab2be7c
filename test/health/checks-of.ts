import { randomUUID } from 'node:crypto'
import { makeSignToken } from '../../server/aws/signer.ts'
import { makeTryRole } from '../../server/aws/try-role.ts'
import type { Catalog } from '../../server/core/catalog/catalog.ts'
import { makeHealthChecks } from '../../server/core/health/check-database.ts'
import { healthStore } from '../../server/store/health.ts'
import { probeStore } from '../../server/store/probes.ts'
import type { Store } from '../../server/store/store.ts'

type Deps = Parameters<typeof makeHealthChecks>[0]

/** Checks on a real store that find nobody at home, unless a test says otherwise. */
export const checksOf = (store: Store, catalog: () => Catalog, over: Partial<Deps> = {}) =>
  makeHealthChecks({
    catalog,
    store: healthStore(store),
    inventory: () => ({ places: [], found: [] }),
    bundles: { bundle: () => undefined },
    resolve: async () => ['10.0.3.7'],
    lookAt: async () => ({ outcome: 'failed', code: 'timeout' }),
    probes: probeStore(store),
    tryRole: makeTryRole(),
    signToken: makeSignToken(),
    logIn: async () => ({ outcome: 'failed', code: 'ECONNRESET' }),
    newId: randomUUID,
    now: () => new Date(),
    random: () => 0,
    sleep: async () => {},
    warn: () => {},
    ...over,
  })
