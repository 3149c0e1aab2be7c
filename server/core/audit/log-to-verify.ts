import type { Entry } from './entry.ts'
import type { Contradiction, Judgement } from './findings.ts'
import type { NoteVerifier } from './note.ts'
import type { Subtree } from './prove.ts'
import type { CompactRange } from './tree.ts'

/** One seal, and the event it names as it is stored now; null where there is no such event any more. */
export type SealedRow = { seq: number; eventId: string; leaf: Buffer; entry: Entry | null }

/** A stored checkpoint: what its row says, and the signed note. */
export type StoredCheckpoint = { size: number; root: Buffer; note: string }

/** An event without a seal. `at` is whole microseconds since 1970 in decimal. */
export type UnsealedRow = Pick<Entry, 'id' | 'at' | 'action' | 'intent'>

/** A checkpoint as it is kept elsewhere; `place` is named in what is found. */
export type AnchorNote = { place: string; note: string }

type Batches<T> = AsyncIterable<readonly T[]>

/**
 * A log as something reads it out, all of it at one moment (one snapshot), in batches of any length.
 * Nothing of it is believed but the keys.
 */
export type LogToVerify = {
  /** The public keys that whoever verifies trusts. */
  keys: readonly NoteVerifier[]
  /** What is not read again: the compact range of the leaves before the first of `sealed`. `new CompactRange()` for a whole log. */
  start: CompactRange
  /** In the order of `seq`, from `start.size`. */
  sealed: Batches<SealedRow>
  /** Those of `start.size` leaves and more, by size. Is asked for twice: once beside the rows, once for the signatures. */
  checkpoints: () => Batches<StoredCheckpoint>
  /** The stored nodes, in the order asked; null for one that is not there. Without it they are not compared. */
  nodes?: (wanted: readonly Subtree[]) => Promise<(Buffer | null)[]>
  anchors?: readonly AnchorNote[]
  contradictions?: readonly Contradiction[]
  /** By id. */
  unsealed: Batches<UnsealedRow>
  /** The time of the log's own clock, in microseconds since 1970. */
  now: bigint
  /** Told after each batch how many rows were checked. */
  onProgress?: (rows: number) => void
}

/** `size` and `root`: of the leaves as they are stored, `root` null where a gap leaves none. */
export type LogReport = Judgement & {
  from: number
  size: number
  root: Buffer | null
  counted: {
    rows: number
    /** Rows whose event is gone by `audit.pruned`: their hash still counts. */
    pruned: number
    checkpoints: number
    anchors: number
    /** Anchors that could not be compared: of a size before `from`, or behind a gap. */
    anchorsPassed: number
    unsealed: number
    openIntents: number
  }
}
