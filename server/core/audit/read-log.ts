import type { Cursor } from './cursor.ts'
import type { AuditEvent, StoredEvent } from './event.ts'
import type { Count, Histogram } from './histogram.ts'
import { type Search, searchText } from './search.ts'
import { unlessSecret } from './secret-in.ts'
import type { Story } from './story.ts'

export type People = { readonly [id: string]: string }
export type LogPage = { now: Date; events: StoredEvent[]; next: Cursor | null; people: People }
export type FoundPerson = { id: string; name: string | null; email: string | null }

/** What reading the log needs from the store. A search that takes too long throws `timeout`. */
export interface AuditReads {
  /** Newest first, from after the cursor; `limit` at most. */
  page(search: Search, after: Cursor | null, limit: number): Promise<LogPage>
  /** The same, of what one person did or what was done to them. */
  own(personId: string, after: Cursor | null, limit: number): Promise<LogPage>
  histogram(search: Search): Promise<Histogram & { now: Date; count: Count }>
  /** Null where there is no such event. */
  story(id: string): Promise<(Story & { now: Date; people: People }) | null>
  /** Databases and teams that occur in the log. */
  choices(): Promise<{ databases: string[]; teams: string[] }>
  /** By part of their name or e-mail; 20 at most. */
  people(text: string): Promise<FoundPerson[]>
}

type Reader = { personId: string; requestId: string; address: string }
type Deps = { reads: AuditReads; record: (event: AuditEvent) => Promise<void> }

export type AuditLog = ReturnType<typeof makeAuditLog>

/**
 * Reading the log. Who read what is itself an event, written before anything is given out.
 * Whether the reader may is decided by the scope of the route.
 */
export function makeAuditLog({ reads, record }: Deps) {
  const recordRead = (reader: Reader, detail: ReadDetail) =>
    record({
      action: 'audit.read',
      actor: { person: reader.personId },
      subject: null,
      requestId: reader.requestId,
      address: reader.address,
      detail,
    })

  return {
    page: async (
      reader: Reader,
      search: Search,
      after: Cursor | null,
      limit: number,
    ): Promise<LogPage> => {
      const page = await reads.page(search, after, limit)
      await recordRead(reader, {
        filter: searchText(search),
        count: page.events.length,
        ...(after && { after: after.id.toString() }),
      })
      return page
    },
    histogram: async (reader: Reader, search: Search) => {
      const histogram = await reads.histogram(search)
      const { count } = histogram.count
      await recordRead(reader, { what: 'histogram', filter: searchText(search), count })
      return histogram
    },
    story: async (reader: Reader, id: string) => {
      const story = await reads.story(id)
      const count = story?.events.length ?? 0
      await recordRead(reader, { what: 'story', filter: `id=${id}`, count })
      return story
    },
    people: async (reader: Reader, text: string) => {
      const people = await reads.people(text)
      const filter = new URLSearchParams({ text: unlessSecret(text) }).toString()
      await recordRead(reader, { what: 'people', filter, count: people.length })
      return people
    },
    choices: reads.choices,
    /** Of oneself: nobody needs to know that somebody looked at what they did. */
    own: ({ personId }: Reader, after: Cursor | null, limit: number) =>
      reads.own(personId, after, limit),
  }
}

type ReadDetail = AuditEvent<'audit.read'>['detail']
