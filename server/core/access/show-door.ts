import type { Actor } from '../actor.ts'
import type { Catalog, Database, Endpoint } from '../catalog/catalog.ts'
import { notFound } from '../error.ts'
import type { Record } from '../person/ports.ts'
import { endpointOf, refuseLost } from './door.ts'
import type { Grant } from './grant.ts'
import { standingOf } from './policy.ts'
import type { AccessStore } from './ports.ts'
import { refusedView } from './view-events.ts'

type Deps = { store: AccessStore; catalog: () => Catalog; record: Record }

/** What a grant opens: a database, by one of its endpoints. */
export type Door = { grant: Grant; database: Database; endpoint: Endpoint }

/**
 * How to get to what one's own grant opens; without a name, by the first endpoint. It gives no token, and asks for none.
 * Errors: not_found (absent, or somebody else's; recorded), forbidden (`team_left`, `rule_gone`), conflict (`grant_ended`),
 * invalid (`no_such_endpoint`).
 */
export function showDoor({ store, catalog, record }: Deps) {
  return async (actor: Actor, grantId: string, endpointName?: string): Promise<Door> => {
    const { now, grants } = await store.grantsOf(actor.personId)
    const grant = grants.find(({ id }) => id === grantId)
    if (!grant) {
      await record(refusedView(actor, 'grant', grantId))
      throw notFound()
    }
    refuseLost(standingOf(grant, now, catalog(), actor.groups))
    const database = catalog().databases.get(grant.database)
    // The catalog is validated whole: a rule without its database cannot be loaded.
    if (!database) throw notFound()
    return { grant, database, endpoint: endpointOf(database, endpointName) }
  }
}
