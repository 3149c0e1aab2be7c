import { checkAnchors } from './check-anchors.ts'
import { checkRows } from './check-rows.ts'
import { checkSignatures } from './check-signatures.ts'
import { checkUnsealed } from './check-unsealed.ts'
import { collectFindings } from './findings.ts'
import { keyEras } from './key-eras.ts'
import type { LogReport, LogToVerify } from './log-to-verify.ts'
import { watchEvents } from './watch-events.ts'

/**
 * Does the log hold, for somebody who trusts only the keys? Every leaf is computed again from its event; the tree is computed from the
 * leaves and compared with every checkpoint and anchor; every signature is checked, by the key that was in force at its size.
 * Memory does not grow with the log. Throws only what reading throws: whatever is wrong with the log is a finding.
 */
export async function verifyLog(log: LogToVerify): Promise<LogReport> {
  const findings = collectFindings()
  const watch = watchEvents(findings)
  const tree = await checkRows(log, watch, findings)
  const pruned = watch.judgeMissing()
  const eras = keyEras(log.keys, watch.rotations(), findings)
  const checkpoints = await checkSignatures(log, tree, eras, findings)
  const anchors = checkAnchors(log.anchors ?? [], tree, eras, findings)
  for (const { code, text } of log.contradictions ?? []) findings.add(code, text)
  const unsealed = await checkUnsealed(log, watch, findings)
  return {
    ...findings.judge(),
    from: log.start.size,
    size: tree.size,
    root: tree.root,
    counted: { rows: tree.rows, pruned, checkpoints, ...anchors, ...unsealed },
  }
}
