import { readCheckpoint } from './checkpoint.ts'
import type { Findings } from './findings.ts'
import type { Roots } from './compare-roots.ts'
import type { KeyEras } from './key-eras.ts'
import type { AnchorNote } from './log-to-verify.ts'
import { NoteError } from './note.ts'
import { openSigned } from './open-signed.ts'

/** Checkpoints that were kept outside of the log: what the log must have been at those sizes. */
export function checkAnchors(
  kept: readonly AnchorNote[],
  { size: rows, roots }: { size: number; roots: Pick<Roots, 'atAnchors'> },
  eras: KeyEras,
  findings: Findings,
): { anchors: number; anchorsPassed: number } {
  const seen = new Map<number, AnchorNote & { root: Buffer }>()
  let anchorsPassed = 0
  let largest: (AnchorNote & { size: number }) | null = null

  for (const { place, note } of kept) {
    const size = sizeOf(place, note, findings)
    if (size === null) continue
    const what = `the anchor of ${size} events in ${place}`
    const needed = size > rows ? [eras.any] : eras.needed(size, size)
    const anchor = openSigned(what, note, needed, findings)
    if (!anchor) continue
    const { root } = anchor
    const other = seen.get(size)
    if (!other) seen.set(size, { place, note, root })
    else if (!other.root.equals(root))
      findings.add(
        'two_histories',
        `two anchors of ${size} events were signed with different roots: ${hex(other.root)} in ${other.place}, ${hex(root)} in ${place}.`,
        { evidence: [other.note, note] },
      )
    if (size > rows && size > (largest?.size ?? 0)) largest = { place, note, size }
    const here = roots.atAnchors.get(size)
    if (size <= rows && !here) anchorsPassed++
    // Where the log's own checkpoint says the same as the anchor, it is the rows that differ, and that is told.
    if (!here || here.computed.equals(root) || here.stored?.equals(root)) continue
    findings.add(
      'two_histories',
      `${what} was signed with root ${hex(root)}, and this log has root ${hex(here.computed)} at that size. Two histories were signed.`,
      { evidence: [note] },
    )
  }
  if (largest)
    findings.add(
      'rolled_back',
      `the log has ${rows} events, and ${largest.place} holds a signed checkpoint of ${largest.size}: the log was rolled back, at least ${largest.size - rows} events are missing at its end.`,
      { seq: rows, evidence: [largest.note] },
    )
  return { anchors: kept.length, anchorsPassed }
}

function sizeOf(place: string, note: string, findings: Findings): number | null {
  try {
    return readCheckpoint(note).size
  } catch (error) {
    if (!(error instanceof NoteError)) throw error
    findings.add('altered', `an anchor in ${place} cannot be read: ${error.message}`)
    return null
  }
}

const hex = (root: Buffer) => root.toString('hex')
