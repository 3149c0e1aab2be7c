import { readCheckpoint } from './checkpoint.ts'
import type { Findings } from './findings.ts'
import type { AnchorNote, LogToVerify, StoredCheckpoint } from './log-to-verify.ts'
import { NoteError } from './note.ts'
import type { CompactRange } from './tree.ts'

/** A damaged log may disagree with every checkpoint; of so many it is kept in what. */
const MOST_DISAGREEMENTS = 10_000

/**
 * The roots that the leaves give, at the sizes of checkpoints and anchors.
 * Whether a checkpoint is to be believed is another question: `checkSignatures`.
 */
export async function compareRoots({ checkpoints, start, anchors = [] }: LogToVerify) {
  const sizes = anchorSizes(anchors, start.size)
  const batches = checkpoints()[Symbol.asyncIterator]()
  let batch: readonly StoredCheckpoint[] = []
  let at = 0
  let nextAnchor = 0

  async function advance(): Promise<StoredCheckpoint | undefined> {
    at++
    while (at >= batch.length) {
      const step = await batches.next()
      if (step.done) return undefined
      batch = step.value
      at = 0
    }
    return batch[at]
  }

  let checkpoint = await advance()
  const roots = {
    /** The next size that a root is wanted for. */
    waitsFor: 0,
    /** The largest size of which a checkpoint has the root that the leaves give. */
    agreed: start.size,
    covered: start.size,
    /** By size, the root that the leaves give where a checkpoint has another. */
    computed: new Map<number, Buffer>(),
    /** By the sizes of anchors: what the leaves give, and what the log's own checkpoint says. */
    atAnchors: new Map<number, { computed: Buffer; stored: Buffer | null }>(),

    async compare(size: number, tree: CompactRange): Promise<void> {
      const root = tree.root()
      let stored: Buffer | null = null
      for (; checkpoint && checkpoint.size <= size; checkpoint = await advance()) {
        if (checkpoint.size < size) continue
        stored = checkpoint.root
        roots.covered = size
        if (stored.equals(root)) roots.agreed = size
        else if (roots.computed.size < MOST_DISAGREEMENTS) roots.computed.set(size, root)
      }
      if (sizes[nextAnchor] === size) {
        roots.atAnchors.set(size, { computed: root, stored })
        nextAnchor++
      }
      wait()
    },

    /** The sealer commits a checkpoint with its seals: behind the last one there are none. One of a larger size is told as a cut. */
    judge(size: number, findings: Findings): void {
      if (roots.covered < size && !checkpoint)
        findings.add(
          'unsealed',
          `seq ${roots.covered} to ${size - 1} are in the log and under no checkpoint: nobody signed them. They were inserted, or the checkpoints were deleted.`,
          { seq: roots.covered },
        )
    },
  }
  const wait = () =>
    (roots.waitsFor = Math.min(checkpoint?.size ?? Infinity, sizes[nextAnchor] ?? Infinity))
  while (checkpoint && checkpoint.size < start.size) checkpoint = await advance()
  wait()
  return roots
}
export type Roots = Awaited<ReturnType<typeof compareRoots>>

/** The sizes that anchors speak of, from one on, in order. */
export function anchorSizes(anchors: readonly AnchorNote[], from: number): number[] {
  const sizes = anchors.flatMap(({ note }) => {
    try {
      return readCheckpoint(note).size
    } catch (error) {
      // What cannot be read is told where anchors are judged.
      if (error instanceof NoteError) return []
      throw error
    }
  })
  return [...new Set(sizes)].filter((size) => size >= from).sort((a, b) => a - b)
}
