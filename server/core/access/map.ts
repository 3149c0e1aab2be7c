import type { Catalog } from '../catalog/catalog.ts'
import type { Parsed } from '../catalog/parse-catalog.ts'
import type { Record } from '../person/ports.ts'
import { exportMap } from './export-map.ts'
import type { KnownPeople } from './known-person.ts'
import { previewCatalog } from './preview-catalog.ts'
import { reachOf } from './reach.ts'
import { showMap } from './show-map.ts'

type Deps = {
  people: KnownPeople
  /** The one in force. */
  catalog: () => Catalog
  /** The same as its file has it: another text is held against this. */
  written: () => Catalog
  parse: (text: string) => Parsed
  record: Record
}

export type Maps = ReturnType<typeof makeMaps>

/** Who can reach what, and what would change that. For administrators; nothing here changes anything. */
export const makeMaps = (deps: Deps) => ({
  show: showMap(deps),
  whatIf: (groups: readonly string[]) => {
    const catalog = deps.catalog()
    return { catalog, reach: reachOf(catalog, groups) }
  },
  preview: previewCatalog(deps),
  export: exportMap(deps),
  catalog: deps.catalog,
})
