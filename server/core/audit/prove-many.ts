import { type HashReader, inclusionProof, STORED_LEVEL, type Subtree } from './prove.ts'
import { nodeHash } from './tree.ts'

const BLOCK = 2 ** STORED_LEVEL
/** Blocks and nodes that are kept: neighbours ask for the same ones. */
const BLOCKS = 64
const NODES = 4_096

/** The levels of a block below its root, leaves first, and the way from its root to the root of the tree. */
type Block = { levels: Buffer[][]; upper: Buffer[] }

/**
 * Inclusion proofs of many leaves of the tree of `size` leaves, the same as `inclusionProof` gives for each.
 * What the leaves of one block of 256 share is read and computed once: an export has millions of them.
 * The function that is returned throws RangeError for a leaf that is not below `size`.
 */
export function proveMany(hashes: HashReader, size: number): (seq: number) => Promise<Buffer[]> {
  const blocks = new Map<number, Promise<Block>>()
  const kept = keepNodes(hashes)

  const blockOf = (index: number): Promise<Block> => {
    const known = blocks.get(index)
    if (known) return known
    const read = readBlock(kept, index, size)
    if (blocks.size >= BLOCKS) blocks.delete(blocks.keys().next().value as number)
    blocks.set(index, read)
    return read
  }

  return async (seq) => {
    const index = Math.floor(seq / BLOCK)
    // The last block is not complete: its own leaves are on the right edge of the tree.
    if (!(seq >= 0) || (index + 1) * BLOCK > size) return inclusionProof(kept, seq, size)
    const { levels, upper } = await blockOf(index)
    let at = seq - index * BLOCK
    const lower = levels.map((level) => {
      const sibling = level[at ^ 1] as Buffer
      at >>= 1
      return sibling
    })
    return [...lower, ...upper]
  }
}

async function readBlock(hashes: HashReader, index: number, size: number): Promise<Block> {
  const first = index * BLOCK
  const leaves = await hashes.leaves(first, first + BLOCK)
  if (leaves.length !== BLOCK) throw new Error('a stored leaf of the audit log is missing')
  const levels = [leaves]
  while (levels.length < STORED_LEVEL) levels.push(parents(levels.at(-1) as Buffer[]))
  const inside: HashReader = {
    nodes: hashes.nodes,
    leaves: async (from, to) =>
      from >= first && to <= first + BLOCK
        ? leaves.slice(from - first, to - first)
        : hashes.leaves(from, to),
  }
  return { levels, upper: (await inclusionProof(inside, first, size)).slice(STORED_LEVEL) }
}

const parents = (level: readonly Buffer[]): Buffer[] =>
  level.flatMap((left, at) => (at % 2 === 0 ? [nodeHash(left, level[at + 1] as Buffer)] : []))

/** Remembers nodes and the leaves of the right edge, which every way to the root needs again. */
function keepNodes(hashes: HashReader): HashReader {
  const nodes = new Map<string, Buffer>()
  const edges = new Map<string, Promise<Buffer[]>>()
  const nameOf = ({ level, index }: Subtree) => `${level}:${index}`
  return {
    leaves: (from, to) => {
      // A whole block is kept with its levels.
      if (to - from === BLOCK) return hashes.leaves(from, to)
      const name = `${from}:${to}`
      const known = edges.get(name) ?? hashes.leaves(from, to)
      if (edges.size >= BLOCKS) edges.clear()
      edges.set(name, known)
      return known
    },
    nodes: async (wanted) => {
      const known = wanted.map((each) => nodes.get(nameOf(each)))
      const missing = wanted.filter((_, at) => !known[at])
      const found = missing.length > 0 ? await hashes.nodes(missing) : []
      if (nodes.size + found.length > NODES) nodes.clear()
      missing.forEach((each, at) => nodes.set(nameOf(each), found[at] as Buffer))
      const next = found.values()
      return known.map((hash) => hash ?? (next.next().value as Buffer))
    },
  }
}
