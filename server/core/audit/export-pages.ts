import type { ExportPlace, ExportSource, SealedEvent } from './export-ports.ts'
import type { People } from './read-log.ts'
import type { Search } from './search.ts'

/** Events of one page: a few megabytes with their proofs, which is all that an export holds in memory. */
const PAGE = 1_000

export type ExportPage = { events: SealedEvent[]; people: People }

/** What a search finds in the first `size` events, oldest first, with the names of everybody who has occurred so far. */
export async function* exportPages(
  source: ExportSource,
  search: Search,
  size: number,
): AsyncGenerator<ExportPage> {
  const people: Record<string, string> = {}
  const asked = new Set<string>()
  let after: ExportPlace | null = null
  for (;;) {
    const events = await source.page(search, size, after, PAGE)
    const last = events.at(-1)
    if (!last) return
    const unknown = [...new Set(events.flatMap(idsOf))].filter((id) => !asked.has(id))
    for (const id of unknown) asked.add(id)
    if (unknown.length > 0) Object.assign(people, await source.names(unknown))
    yield { events, people }
    if (events.length < PAGE) return
    after = { at: last.entry.at, id: last.entry.id }
  }
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/
const PERSON = /"person":"([^"\\]+)"/

/** Of who did it, and to whom it was done. */
function idsOf({ entry }: SealedEvent): string[] {
  const whom = PERSON.exec(entry.payload)?.[1]
  return [entry.actor, whom].filter((id): id is string => id !== undefined && UUID.test(id))
}
