import { anchorSizes } from './compare-roots.ts'
import { type Entry, leafHash } from './entry.ts'
import { exportLine } from './export.ts'
import type { Findings } from './findings.ts'
import type { AnchorNote } from './log-to-verify.ts'
import { decode } from './note.ts'
import { seenNumbers } from './seen.ts'
import { CompactRange, verifyInclusion } from './tree.ts'

type Line = { seq: number; entry: Entry; proof: Buffer[] }
const END = /^\{"end":true,"count":(0|[1-9]\d{0,15})\}$/

/**
 * The lines after the header. `events` counts different events that are proven; `roots` are those at the anchors' sizes,
 * as far as the export holds the log from its first event on, in order.
 */
export async function checkExportLines(
  lines: AsyncIterator<string | null>,
  checkpoint: { size: number; root: Buffer } | null,
  anchors: readonly AnchorNote[],
  findings: Findings,
) {
  const seen = seenNumbers()
  const tree = new CompactRange()
  const sizes = new Set(anchorSizes(anchors, 0))
  const atAnchors = new Map<number, { computed: Buffer; stored: null }>()
  let events = 0
  let number = 1
  let told: number | null = null
  /** A line that cannot be read: changed, unless nothing follows it and the file was only cut off. */
  let unreadable: number | null = null
  if (checkpoint) keep(checkpoint.size, checkpoint.root)

  function keep(size: number, computed: Buffer) {
    if (sizes.has(size)) atAnchors.set(size, { computed, stored: null })
  }

  function check(text: string | null) {
    const line = text === null ? null : readLine(text)
    if (!line) {
      unreadable = number
      return
    }
    const { seq, entry, proof } = line
    const where = { seq, eventId: String(entry.id) }
    const name = `line ${number}: seq ${seq}, event ${entry.id} (${entry.action})`
    const leaf = leafHash(entry)
    if (!checkpoint || !verifyInclusion(leaf, seq, checkpoint.size, proof, checkpoint.root))
      findings.add(
        'altered',
        `${name} is not in the log that the checkpoint was signed over: the event, its seq or its proof was changed.`,
        where,
      )
    else if (!seen.add(seq)) findings.add('altered', `${name} stands in the file before.`, where)
    else {
      events++
      if (seq !== tree.size) return
      tree.append(leaf)
      if (sizes.has(tree.size)) keep(tree.size, tree.root())
    }
  }

  let read = 0
  for (let step = await lines.next(); !step.done; step = await lines.next()) {
    number++
    if (unreadable !== null)
      findings.add(
        'altered',
        `line ${unreadable} is not spelled as an export spells its lines: it was changed.`,
      )
    unreadable = null
    const end = END.exec(step.value ?? '')
    if (told !== null) {
      findings.add('altered', `line ${number} comes after the last line of the export.`)
      await lines.return?.()
      break
    }
    if (end) told = Number(end[1])
    else {
      read++
      check(step.value)
    }
  }
  judgeEnd(findings, { told, read, number, isCut: unreadable !== null })
  return { events, roots: { atAnchors } }
}

function judgeEnd(
  findings: Findings,
  file: { told: number | null; read: number; number: number; isCut: boolean },
): void {
  if (file.told === null)
    findings.add(
      'unsealed',
      `the file ends after line ${file.number}${file.isCut ? ', in the middle of it' : ''}, and the last line of an export is missing: it was cut off. Download the export again.`,
    )
  else if (file.told !== file.read)
    findings.add(
      'unsealed',
      `the last line counts ${file.told} events, and the file holds ${file.read}: lines are missing, or were added. Download the export again.`,
    )
}

/** Null where the line is not spelled exactly as an export spells it. */
function readLine(text: string): Line | null {
  try {
    const { seq, entry, proof } = JSON.parse(text) as { seq: number; entry: Entry; proof: string[] }
    const hashes = proof.map((hash) => decode(hash) ?? Buffer.alloc(0))
    return exportLine(seq, entry, hashes) === text ? { seq, entry, proof: hashes } : null
  } catch {
    return null
  }
}
