import type { Catalog } from '../catalog/catalog.ts'
import { notFound } from '../error.ts'
import { accessMap, type MapRow, type MapSide } from './access-map.ts'
import type { KnownPeople, KnownPerson } from './known-person.ts'
import type { MapFilter } from './map-lanes.ts'
import { holders, type Reach, reachOf, type Way, waysInto } from './reach.ts'

type Deps = { people: KnownPeople; catalog: () => Catalog }

export type MapPage = {
  now: Date
  catalog: Catalog
  /** `known`: how many people there are, whether they reach anything or not. */
  counts: { rows: number; people: number; databases: number; known: number }
  rows: MapRow[]
  /** Where the next page begins; null after the last. */
  next: number | null
  /** Where one person is looked at: who, and all that follows from their groups. */
  person: { person: KnownPerson; reach: Reach } | null
  /** Where one database is looked at: every way into it. */
  ways: Way[] | null
}

/** Rows to a page. */
const PAGE = 50

/**
 * A page of the map as it is at this moment. Rows are counted from 0: somebody who signs in between two pages may move them.
 * Throws not_found for a person whom the portal does not know, or a database that the catalog does not have.
 */
export function showMap({ people, catalog }: Deps) {
  return async (filter: MapFilter, side: MapSide, start: number): Promise<MapPage> => {
    const inForce = catalog()
    const known = await people()
    const person = known.people.find(({ id }) => id === filter.person)
    if (filter.person !== undefined && !person) throw notFound()
    if (filter.database !== undefined && !inForce.databases.has(filter.database)) throw notFound()
    const map = accessMap(inForce, known.people, filter, side)
    const { rows, people: reaching, databases } = map
    return {
      now: known.now,
      catalog: inForce,
      counts: { rows, people: reaching, databases, known: known.people.length },
      rows: [...map.from(start, PAGE)],
      next: start + PAGE < rows ? start + PAGE : null,
      person: person ? { person, reach: reachOf(inForce, person.groups) } : null,
      ways:
        filter.database === undefined
          ? null
          : waysInto(inForce, filter.database, holders(known.people)),
    }
  }
}
