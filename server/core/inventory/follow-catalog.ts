import type { AuditEvent } from '../audit/event.ts'
import type { Catalog, Database, InventoryRole, WrittenCatalog } from '../catalog/catalog.ts'
import type { Inventory } from './found.ts'
import type { Followed, FollowedTo, InventoryStore } from './ports.ts'
import { resolveCatalog, type Resolution } from './resolve.ts'

type Deps = {
  inventory: (roles: readonly InventoryRole[]) => Inventory
  store: Pick<InventoryStore, 'keepFollowed'>
  newId: () => string
}

export type FollowCatalog = ReturnType<typeof makeFollowCatalog>

/**
 * The catalog with its references followed. As long as neither the file nor what it follows changes it is the same object:
 * what others know of a catalog they know by the object.
 */
export function makeFollowCatalog({ inventory, store, newId }: Deps) {
  const inForce = new WeakMap<WrittenCatalog, Resolution>()
  let line: Promise<unknown> = Promise.resolve()

  const follow = async (written: WrittenCatalog) => {
    const before = inForce.get(written)
    const next = resolveCatalog(written, inventory(written.inventory))
    const changed = outcomes(written, next).filter(
      (each) =>
        !before ||
        JSON.stringify(each.to) !==
          JSON.stringify(toldOf(before.catalog.databases.get(each.database))),
    )
    // In the log first: what is in force was always recorded.
    if (changed.length > 0)
      await store.keepFollowed(changed, (one, from) => told(one, from, newId()))
    const same = before && textOf(before.catalog) === textOf(next.catalog)
    inForce.set(written, same ? { ...next, catalog: before.catalog } : next)
  }

  return {
    /** Records what the references of this catalog come to now; then it is in force. Rejected: what was in force stays. */
    follow: (written: WrittenCatalog): Promise<void> => {
      const turn = line.then(() => follow(written))
      line = turn.catch(() => {})
      return turn
    },
    /** Of a catalog that was followed. Nothing that is not recorded is in it. */
    current: (written: WrittenCatalog): Catalog => resolutionOf(written).catalog,
    resolution: (written: WrittenCatalog): Resolution => resolutionOf(written),
  }

  function resolutionOf(written: WrittenCatalog): Resolution {
    const known = inForce.get(written)
    if (known) return known
    const closed = resolveCatalog(written, { places: [], found: [] })
    inForce.set(written, closed)
    return closed
  }
}

const textOf = ({ databases }: Catalog) => JSON.stringify([...databases.values()])

const outcomes = ({ follows }: WrittenCatalog, resolution: Resolution): Followed[] =>
  [...follows.keys()].map((database) => {
    const fault = resolution.unresolved.find((each) => each.database === database)
    return {
      database,
      to: toldOf(resolution.catalog.databases.get(database)),
      why: fault?.code ?? 'found',
    }
  })

const toldOf = (database: Database | undefined): FollowedTo =>
  database
    ? {
        resource: database.resource,
        endpoints: database.endpoints.map(
          ({ name, signing }) => `${name} ${signing.host}:${signing.port}`,
        ),
      }
    : null

const told = (
  { database, to, why }: Followed,
  from: FollowedTo,
  requestId: string,
): AuditEvent<'catalog.followed'> => ({
  action: 'catalog.followed',
  actor: 'portal',
  subject: database,
  requestId,
  detail: { database, from, to, why },
})
