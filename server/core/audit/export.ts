import { type Entry, entryText } from './entry.ts'
import type { KeyRotation } from './rotation.ts'

/**
 * An export of the log as JSON Lines: a header with a signed checkpoint, for each event its place, its text and the way from its leaf
 * to the checkpoint's root, and a last line with their number. Every line has one spelling, so that no byte of it can differ.
 */
export type ExportHeader = {
  format: 'latchkey-audit-export'
  version: 1
  origin: string
  /** The key that signed, for finding it. Whoever verifies brings the key from elsewhere. */
  key: string
  /** The signed note that all proofs lead to; null of a log that has none. */
  checkpoint: string | null
  /** How keys followed each other, oldest first, for who trusts an earlier one. */
  rotations: KeyRotation[]
  /** What was asked for. Proven is that each event is in the log, not that the filter left none out. */
  filter: Record<string, unknown>
}

export const exportHeader = (header: Omit<ExportHeader, 'format' | 'version'>): string =>
  JSON.stringify({ format: 'latchkey-audit-export', version: 1, ...header })

/** `proof` as `inclusionProof` gives it, in the tree of the header's checkpoint. */
export const exportLine = (seq: number, entry: Entry, proof: readonly Buffer[]): string =>
  `{"seq":${seq},"entry":${entryText(entry)},"proof":${JSON.stringify(proof.map((hash) => hash.toString('base64')))}}`

export const exportEnd = (count: number): string => `{"end":true,"count":${count}}`
