import type { Catalog, CatalogProblem } from '../catalog/catalog.ts'
import type { Parsed } from '../catalog/parse-catalog.ts'
import { type Comparison, compareCatalogs } from './compare-catalogs.ts'
import { type Affected, affectedPeople } from './compare-people.ts'
import type { KnownPeople } from './known-person.ts'

type Deps = { people: KnownPeople; written: () => Catalog; parse: (text: string) => Parsed }

export type Preview = { now: Date } & (
  | { problems: CatalogProblem[] }
  | { from: Catalog; to: Catalog; comparison: Comparison; people: Affected[] }
)

/** Bytes; as of the file. */
const LARGEST = 1_048_576
const TOO_LARGE = {
  problems: [
    {
      ...{ line: 1, column: 1, path: '' },
      message: 'this is larger than a catalog can be',
      mend: 'keep it below 1 MiB',
    },
  ],
}

/** What would change for whom if this text took the place of that of the catalog in force. Nothing of it is kept. */
export function previewCatalog({ people, written, parse }: Deps) {
  return async (text: string): Promise<Preview> => {
    const known = await people()
    const parsed = Buffer.byteLength(text) > LARGEST ? TOO_LARGE : parse(text)
    if ('problems' in parsed) return { now: known.now, problems: parsed.problems }
    const [from, to] = [written(), parsed.catalog]
    const comparison = compareCatalogs(from, to)
    const affected = affectedPeople(from, to, comparison, known.people)
    return { now: known.now, from, to, comparison, people: affected }
  }
}
