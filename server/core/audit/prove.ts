import { CompactRange, fold, nodeHash } from './tree.ts'

/** Complete nodes are stored from this level on; what is below is computed again, from at most 256 leaves. */
export const STORED_LEVEL = 8
const BLOCK = 2 ** STORED_LEVEL

/** A complete subtree: its node's level above the leaves, and its place among the nodes of that level. */
export type Subtree = { level: number; index: number }

/** Where hashes are kept. Both answer in the order asked, and exactly as many as asked. */
export type HashReader = {
  /** The leaves `from` to `to - 1`. */
  leaves(from: number, to: number): Promise<Buffer[]>
  /** Nodes of complete subtrees, of `STORED_LEVEL` and above. */
  nodes(wanted: readonly Subtree[]): Promise<Buffer[]>
}

type Span = readonly [from: number, to: number]

/**
 * The way from leaf `seq` to the root of the first `size` leaves, lowest first (RFC 9162 §2.1.3.1).
 * @throws RangeError unless 0 ≤ seq < size
 */
export function inclusionProof(hashes: HashReader, seq: number, size: number): Promise<Buffer[]> {
  if (!(seq >= 0 && seq < size)) throw new RangeError(`leaf ${seq} is not below ${size}`)
  const spans: Span[] = []
  let [from, to] = [0, size]
  while (to - from > 1) {
    const middle = from + largestPowerBelow(to - from)
    if (seq < middle) {
      spans.push([middle, to])
      to = middle
    } else {
      spans.push([from, middle])
      from = middle
    }
  }
  return rootsOf(hashes, spans.toReversed())
}

/**
 * That the first `from` leaves are the beginning of the first `to` (RFC 9162 §2.1.4.1). Empty for 0 and for equal sizes.
 * @throws RangeError unless 0 ≤ from ≤ to
 */
export function consistencyProof(hashes: HashReader, from: number, to: number): Promise<Buffer[]> {
  if (!(from >= 0 && from <= to)) throw new RangeError(`${from} leaves do not come before ${to}`)
  const spans: Span[] = []
  let [start, end] = [0, to]
  while (from !== end && from !== 0) {
    const middle = start + largestPowerBelow(end - start)
    if (from <= middle) {
      spans.push([middle, end])
      end = middle
    } else {
      spans.push([start, middle])
      start = middle
    }
  }
  // The verifier knows the root of the old tree; of a part of it, it does not.
  if (start > 0) spans.push([start, end])
  return rootsOf(hashes, spans.toReversed())
}

/** The compact range of the first `size` leaves, from what is stored. */
export async function rangeAt(hashes: HashReader, size: number): Promise<CompactRange> {
  return new CompactRange(size, await nodesOf(hashes, subtreesOf([0, size])))
}

/** The root of the first `size` leaves. */
export const rootAt = async (hashes: HashReader, size: number): Promise<Buffer> =>
  (await rangeAt(hashes, size)).root()

async function rootsOf(hashes: HashReader, spans: readonly Span[]): Promise<Buffer[]> {
  const parts = spans.map(subtreesOf)
  const nodes = (await nodesOf(hashes, parts.flat())).values()
  return parts.map((part) => fold(part.map(() => nodes.next().value as Buffer)))
}

/** The complete subtrees of a span, largest first. A span begins at a multiple of the power of two that is its length or more. */
function subtreesOf([from, to]: Span): Subtree[] {
  const subtrees: Subtree[] = []
  for (let at = from; at < to;) {
    const width = largestPowerBelow(to - at + 1)
    subtrees.push({ level: Math.log2(width), index: at / width })
    at += width
  }
  return subtrees
}

/** Stored nodes are asked for at once, and the leaves of each block that has lower ones are read once. */
async function nodesOf(hashes: HashReader, subtrees: readonly Subtree[]): Promise<Buffer[]> {
  const high = subtrees.filter(({ level }) => level >= STORED_LEVEL)
  const stored = high.length > 0 ? await hashes.nodes(high) : []
  if (stored.length !== high.length) throw new Error('a stored node of the audit log is missing')
  const blocks = await lowLeaves(hashes, subtrees)
  const next = stored.values()
  return subtrees.map(({ level, index }) => {
    if (level >= STORED_LEVEL) return next.next().value as Buffer
    const from = index * 2 ** level
    const block = blocks.get(Math.floor(from / BLOCK))
    const start = from - (block?.from ?? 0)
    return complete(block?.leaves.slice(start, start + 2 ** level) ?? [])
  })
}

type Block = { from: number; to: number; leaves: Buffer[] }

async function lowLeaves(
  hashes: HashReader,
  subtrees: readonly Subtree[],
): Promise<Map<number, Block>> {
  const blocks = new Map<number, Block>()
  for (const { level, index } of subtrees) {
    if (level >= STORED_LEVEL) continue
    const from = index * 2 ** level
    const to = from + 2 ** level
    const block = blocks.get(Math.floor(from / BLOCK)) ?? { from, to, leaves: [] }
    block.from = Math.min(block.from, from)
    block.to = Math.max(block.to, to)
    blocks.set(Math.floor(from / BLOCK), block)
  }
  for (const block of blocks.values()) {
    block.leaves = await hashes.leaves(block.from, block.to)
    if (block.leaves.length !== block.to - block.from)
      throw new Error('a stored leaf of the audit log is missing')
  }
  return blocks
}

/** The root of 2^n leaves. */
function complete(leaves: readonly Buffer[]): Buffer {
  let level = leaves
  while (level.length > 1)
    level = level.flatMap((left, at) => {
      const right = level[at + 1]
      return at % 2 === 0 && right ? [nodeHash(left, right)] : []
    })
  return level[0] as Buffer
}

/** The largest power of two below `value`, for 2 and more. */
function largestPowerBelow(value: number): number {
  let power = 1
  while (power * 2 < value) power *= 2
  return power
}
