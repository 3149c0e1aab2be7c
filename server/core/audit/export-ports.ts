import type { Entry } from './entry.ts'
import type { HashReader } from './prove.ts'
import type { People } from './read-log.ts'
import type { KeyRotation } from './rotation.ts'
import type { Search } from './search.ts'

/** An event that is sealed: its number in the log, and what was sealed. */
export type SealedEvent = { seq: number; entry: Entry }

/** The last event of a page: where the next one begins. */
export type ExportPlace = { at: string; id: string }

/** A signed checkpoint and the verifier key that signed it. */
export type NewestCheckpoint = {
  size: number
  origin: string
  key: string
  note: string
  /** How keys followed each other, oldest first. */
  rotations: KeyRotation[]
}

/** What an export is read from. */
export interface ExportSource extends HashReader {
  /** Null before the first. */
  newest(): Promise<NewestCheckpoint | null>
  /** Of the first `size` events those that are looked for, oldest first, after `after`. */
  page(
    search: Search,
    size: number,
    after: ExportPlace | null,
    limit: number,
  ): Promise<SealedEvent[]>
  /** Names of people by their ids, as far as they are known. */
  names(ids: readonly string[]): Promise<People>
}
