import type { Contradiction } from '../core/audit/findings.ts'

/** A checkpoint as it was signed. `note` is all that an anchor needs to keep. */
export type SignedCheckpoint = { size: number; root: Buffer; note: string }

/** A place outside the database that keeps checkpoints, so that whoever rewrites the database cannot rewrite them too. */
export type Place = {
  /** At most this often, seconds. */
  every: number
  /** Keeps it there for good and says where. `before` is the last size that arrived there. Throws when it did not arrive. */
  put(checkpoint: SignedCheckpoint, before: number, signal: AbortSignal): Promise<string>
  /**
   * What it holds of the log from `from` events on: signed notes, some from everywhere and the newest where there are many.
   * A place that gives none back says whether `newest`, the log as it is now, goes on from what it saw. Throws when it cannot be asked.
   */
  recall(
    wish: { from: number; newest: SignedCheckpoint | undefined },
    signal: AbortSignal,
  ): Promise<{ notes: string[]; contradiction?: Contradiction }>
  /** Why this place cannot be trusted to keep anything, as a sentence; null where it can. Throws when it cannot be asked. */
  check?(signal: AbortSignal): Promise<string | null>
}
