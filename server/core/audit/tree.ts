import { hash } from 'node:crypto'

/**
 * The Merkle tree of RFC 9162 §2.1 (the same as RFC 6962's). Leaves are numbered from 0.
 * Numbers of leaves are plain numbers, exact to 2^53; nothing here uses 32-bit operators.
 */

/** The root of the tree without leaves. */
export const EMPTY_ROOT: Buffer = hash('sha256', '', 'buffer')

/** An inner node: SHA-256 of a one byte and its two children. */
export function nodeHash(left: Buffer, right: Buffer): Buffer {
  PAIR.set(left, 1)
  PAIR.set(right, 33)
  return hash('sha256', PAIR, 'buffer')
}

const PAIR = Buffer.alloc(65, 1)

/** Is told of each complete inner node as it forms: `index` counts the nodes of its level from the left. */
export type OnNode = (level: number, index: number, hash: Buffer) => void

/**
 * The tree of the first `size` leaves by the roots of its complete subtrees, largest first: all that is needed to append
 * and to tell the root. There are as many as `size` has ones in binary.
 */
export class CompactRange {
  size: number
  readonly hashes: Buffer[]

  /** @throws RangeError where hashes and size do not belong together */
  constructor(size = 0, hashes: readonly Buffer[] = []) {
    if (!isSize(size) || hashes.length !== ones(size) || !hashes.every(isHash))
      throw new RangeError(`${hashes.length} hashes are not the compact range of ${size} leaves`)
    this.size = size
    this.hashes = [...hashes]
  }

  append(leaf: Buffer, onNode?: OnNode): void {
    let hash = leaf
    let index = this.size
    for (let level = 1; index % 2 === 1; level++) {
      hash = nodeHash(this.hashes.pop() as Buffer, hash)
      index = (index - 1) / 2
      onNode?.(level, index, hash)
    }
    this.hashes.push(hash)
    this.size++
  }

  root(): Buffer {
    return fold(this.hashes)
  }
}

/** The root over complete subtrees, largest first. */
export const fold = (hashes: readonly Buffer[]): Buffer =>
  hashes.length === 0 ? EMPTY_ROOT : hashes.reduceRight((right, left) => nodeHash(left, right))

/**
 * Is `leaf` the leaf number `seq` of the tree of `size` leaves with this root? RFC 9162 §2.1.3.2.
 * The root must be known to belong to `size`, as a checkpoint says both.
 */
export function verifyInclusion(
  leaf: Buffer,
  seq: number,
  size: number,
  proof: readonly Buffer[],
  root: Buffer,
): boolean {
  if (!isSize(seq) || !isSize(size) || seq >= size || !isHash(leaf) || !proof.every(isHash))
    return false
  let at = seq
  let last = size - 1
  let hash = leaf
  for (const step of proof) {
    if (last === 0) return false
    if (at % 2 === 1 || at === last) {
      hash = nodeHash(step, hash)
      // On the right edge a node without a sibling rises as it is.
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, half(last)]
    } else hash = nodeHash(hash, step)
    at = half(at)
    last = half(last)
  }
  return last === 0 && hash.equals(root)
}

/** Is the tree of `from` leaves the beginning of the tree of `to` leaves? RFC 9162 §2.1.4.2. Every tree begins with the empty one. */
export function verifyConsistency(
  from: number,
  fromRoot: Buffer,
  to: number,
  toRoot: Buffer,
  proof: readonly Buffer[],
): boolean {
  if (!isSize(from) || !isSize(to) || from > to || ![fromRoot, toRoot, ...proof].every(isHash))
    return false
  if (from === to) return proof.length === 0 && fromRoot.equals(toRoot)
  if (from === 0) return proof.length === 0 && fromRoot.equals(EMPTY_ROOT)
  let at = from - 1
  let last = to - 1
  while (at % 2 === 1) [at, last] = [half(at), half(last)]
  // The old tree is a subtree of the new one when it is complete, and then its root is not repeated in the proof.
  const [first, ...steps] = at === 0 ? [fromRoot, ...proof] : proof
  if (first === undefined) return false
  let old = first
  let now = first
  for (const step of steps) {
    if (last === 0) return false
    if (at % 2 === 1 || at === last) {
      old = nodeHash(step, old)
      now = nodeHash(step, now)
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, half(last)]
    } else now = nodeHash(now, step)
    at = half(at)
    last = half(last)
  }
  return last === 0 && old.equals(fromRoot) && now.equals(toRoot)
}

const half = (value: number) => Math.floor(value / 2)
const isSize = (value: number) => Number.isSafeInteger(value) && value >= 0
const isHash = (value: Buffer) => value.length === 32

function ones(value: number): number {
  let count = 0
  for (let rest = value; rest > 0; rest = half(rest)) count += rest % 2
  return count
}
