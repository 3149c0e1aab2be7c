import { alteredRows } from './altered-rows.ts'
import { compareNodes } from './compare-nodes.ts'
import { compareRoots, type Roots } from './compare-roots.ts'
import { leafHash } from './entry.ts'
import type { Findings } from './findings.ts'
import type { LogToVerify, SealedRow } from './log-to-verify.ts'
import { CompactRange } from './tree.ts'
import type { Watch } from './watch-events.ts'

/** `size`: one more than the last seq. `root` is null behind a gap, where no root can be computed. */
export type CheckedRows = { rows: number; size: number; root: Buffer | null; roots: Roots }

/**
 * All sealed rows once, in order. A leaf is computed from its event and compared with the stored one; the tree is built over the stored
 * leaves. So a changed event is named by its own leaf, and a changed leaf by the first root that does not fit.
 */
export async function checkRows(
  log: LogToVerify,
  watch: Watch,
  findings: Findings,
): Promise<CheckedRows> {
  const roots = await compareRoots(log)
  const nodes = compareNodes(log.nodes, findings)
  const altered = alteredRows(findings)
  const tree = new CompactRange(log.start.size, log.start.hashes)
  let rows = 0
  let next = tree.size
  let isBroken = false

  function checkLeaf(row: SealedRow) {
    const { entry, leaf, seq } = row
    if (entry === null) return watch.missing(row)
    const computed = leafHash(entry)
    if (computed.equals(leaf)) watch.sealed(entry, seq)
    else altered.add(row, entry, computed)
  }

  if (roots.waitsFor === next) await roots.compare(next, tree)
  for await (const batch of log.sealed) {
    for (const row of batch) {
      if (row.seq !== next) {
        isBroken = true
        addBreak(findings, next, row)
      }
      next = Math.max(next, row.seq + 1)
      checkLeaf(row)
      if (isBroken) continue
      tree.append(row.leaf, nodes.form)
      if (roots.waitsFor === next) await roots.compare(next, tree)
    }
    rows += batch.length
    await nodes.compare()
    log.onProgress?.(rows)
  }
  altered.tell()
  if (!isBroken) roots.judge(next, findings)
  return { rows, size: next, root: isBroken ? null : tree.root(), roots }
}

function addBreak(findings: Findings, next: number, { seq, eventId }: SealedRow): void {
  if (seq < next)
    findings.add(
      'altered',
      `seq ${seq}, event ${eventId}: comes after seq ${next - 1}, where only seq ${next} can stand. Inserted, or moved.`,
      { seq, eventId },
    )
  else {
    const which = seq - next === 1 ? `seq ${next} is` : `seq ${next} to ${seq - 1} are`
    findings.add(
      'unsealed',
      `${which} missing before seq ${seq}, event ${eventId}. From here on events are compared with their own leaves only: no root can be computed across a gap.`,
      { seq: next },
    )
  }
}
