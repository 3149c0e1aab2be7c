import { createHash } from 'node:crypto'
import type { HashReader } from '../../server/core/audit/prove.ts'

/**
 * RFC 9162 §2.1.1 written down as it stands there, over the bytes of the leaves: obviously right.
 * What was computed once is kept, since the definition computes it again and again.
 */
export function naiveTree(entries: readonly Buffer[]) {
  const known = new Map<string, Buffer>()
  const root = (from: number, to: number): Buffer => {
    const kept = known.get(`${from}-${to}`)
    if (kept) return kept
    const made = compute(from, to)
    known.set(`${from}-${to}`, made)
    return made
  }
  const compute = (from: number, to: number) => {
    if (from === to) return sha256()
    if (to - from === 1) return naiveLeaf(entries[from] as Buffer)
    let k = 1
    while (k * 2 < to - from) k *= 2
    return sha256(Buffer.of(1), root(from, from + k), root(from + k, to))
  }
  return { root }
}

export const naiveRoot = (entries: readonly Buffer[]): Buffer =>
  naiveTree(entries).root(0, entries.length)

export const naiveLeaf = (entry: Buffer): Buffer => sha256(Buffer.of(0), entry)

const sha256 = (...parts: Buffer[]) =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest()

/** `count` entries that differ. */
export const entriesOf = (count: number): Buffer[] =>
  Array.from({ length: count }, (_, at) => Buffer.from(`entry ${at}`))

/** Hashes as the database keeps them: all leaves, and complete nodes of level 8 and above. Counts what is read. */
export function naiveReader(
  entries: readonly Buffer[],
  size = entries.length,
  tree = naiveTree(entries),
) {
  const read = { leaves: 0, nodes: 0 }
  const reader: HashReader = {
    leaves: (from, to) => {
      read.leaves += to - from
      return Promise.resolve(entries.slice(from, Math.min(to, size)).map(naiveLeaf))
    },
    nodes: (wanted) => {
      read.nodes += wanted.length
      return Promise.resolve(
        wanted.map(({ level, index }) => {
          const width = 2 ** level
          if (level < 8 || (index + 1) * width > size)
            throw new Error(`node ${level}/${index} is not stored`)
          return tree.root(index * width, (index + 1) * width)
        }),
      )
    },
  }
  return { reader, read }
}

export const flipBit = (bytes: Buffer, bit: number): Buffer => {
  const flipped = Buffer.from(bytes)
  const at = Math.floor(bit / 8) % bytes.length
  flipped[at] = (flipped[at] as number) ^ (1 << (bit % 8))
  return flipped
}
