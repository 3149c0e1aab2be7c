import type { Findings } from './findings.ts'
import type { LogToVerify } from './log-to-verify.ts'
import { STORED_LEVEL, type Subtree } from './prove.ts'
import type { OnNode } from './tree.ts'

/** The stored nodes of the tree, of which proofs are made, against those that the leaves give. */
export function compareNodes(stored: LogToVerify['nodes'], findings: Findings) {
  let formed: (Subtree & { hash: Buffer })[] = []
  let told = { from: 0, to: 0 }

  const form: OnNode = (level, index, hash) => {
    if (level >= STORED_LEVEL) formed.push({ level, index, hash })
  }

  return {
    form: stored ? form : undefined,
    async compare(): Promise<void> {
      if (!stored || formed.length === 0) return
      const wanted = formed
      formed = []
      const kept = await stored(wanted)
      for (const [at, { level, index, hash }] of wanted.entries()) {
        if (kept[at]?.equals(hash)) continue
        const [from, to] = [index * 2 ** level, (index + 1) * 2 ** level]
        // Nodes above a wrong one are wrong because of it.
        if (from <= told.from && told.to <= to) continue
        told = { from, to }
        findings.add(
          'altered',
          `seq ${from} to ${to - 1}: the stored node ${level}/${index} of the tree is ${kept[at] ? 'not what the leaves below it give' : 'missing'}. It was changed, or a leaf below it was.`,
          { seq: from },
        )
      }
    },
  }
}
