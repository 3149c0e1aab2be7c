import type { Inventory as View } from '../contract/inventory.ts'
import type { Catalog, WrittenCatalog } from '../core/catalog/catalog.ts'
import { differencesOf } from '../core/inventory/differences.ts'
import type { Found, Inventory } from '../core/inventory/found.ts'
import type { Resolution } from '../core/inventory/resolve.ts'

type Given = {
  inventory: Inventory
  written: WrittenCatalog
  resolution: Pick<Resolution, 'catalog' | 'unresolved'>
  running: boolean
  now: Date
}

/** More than these nobody reads on a page: the guide finds them by their names. */
const MOST = 500

export function viewInventory({ inventory, written, resolution, running, now }: Given): View {
  const { catalog, unresolved } = resolution
  const names = namesOf(catalog)
  const databases = inventory.found.filter(({ cluster }) => cluster === null)
  return {
    running,
    places: inventory.places.map(({ readAt, missing, ...place }) => ({
      ...place,
      readAt: readAt && readAt.toISOString(),
      missing: [...missing],
    })),
    troubles: [
      ...unresolved.map(({ database, why, mend }) => ({ database, why, mend, closed: true })),
      ...differencesOf(written, inventory).map((each) => ({ ...each, closed: false })),
    ],
    databases: databases.slice(0, MOST).map((found) => ({
      arn: found.arn,
      account: found.account,
      region: found.region,
      kind: found.kind,
      identifier: found.identifier,
      engine: found.engine,
      status: found.status,
      iam: iamOf(found),
      catalog: names.get(placeOf(found)) ?? null,
    })),
    more: Math.max(0, databases.length - MOST),
    now: now.toISOString(),
  }
}

/** A resource id is unique within a region (RDS user guide, "DB resource ID"). */
const placeOf = ({ account, region, resource }: Pick<Found, 'account' | 'region' | 'resource'>) =>
  [account, region, resource].join('/')

const namesOf = ({ databases }: Catalog) =>
  new Map([...databases.values()].map((database) => [placeOf(database), database.name]))

function iamOf({ iam: { on, pending } }: Found): View['databases'][number]['iam'] {
  if (pending === null || pending === on) return on ? 'on' : 'off'
  return pending ? 'turning_on' : 'turning_off'
}
