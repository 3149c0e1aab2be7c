import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { consistencyProof, inclusionProof, rangeAt, rootAt } from '../../server/core/audit/prove.ts'
import { EMPTY_ROOT, verifyConsistency, verifyInclusion } from '../../server/core/audit/tree.ts'
import { entriesOf, flipBit, naiveLeaf, naiveReader, naiveRoot, naiveTree } from './naive-tree.ts'

const ENTRIES = entriesOf(2_000)
const TREE = naiveTree(ENTRIES)
const rootOf = (size: number) => TREE.root(0, size)
const leafOf = (seq: number) => naiveLeaf(ENTRIES[seq] as Buffer)
const stored = (size: number) => naiveReader(ENTRIES, size, TREE).reader

const seqInTree = fc
  .integer({ min: 1, max: ENTRIES.length })
  .chain((size) => fc.tuple(fc.nat(size - 1), fc.constant(size)))
const twoSizes = fc
  .integer({ min: 1, max: ENTRIES.length })
  .chain((to) => fc.tuple(fc.integer({ min: 1, max: to }), fc.constant(to)))

/** RFC 9162 §2.1.3.1 and §2.1.4.1 as they stand there. */
function naivePath(seq: number, from: number, to: number): Buffer[] {
  if (to - from <= 1) return []
  const k = from + 2 ** Math.ceil(Math.log2(to - from) - 1)
  return seq < k
    ? [...naivePath(seq, from, k), TREE.root(k, to)]
    : [...naivePath(seq, k, to), TREE.root(from, k)]
}
function naiveSubproof(old: number, from: number, to: number, whole: boolean): Buffer[] {
  if (old === to) return whole ? [] : [TREE.root(from, to)]
  const k = from + 2 ** Math.ceil(Math.log2(to - from) - 1)
  return old <= k
    ? [...naiveSubproof(old, from, k, whole), TREE.root(k, to)]
    : [...naiveSubproof(old, k, to, false), TREE.root(from, k)]
}

/** The proof with one bit changed, for each of its hashes. */
const damaged = (proof: Buffer[], bit: number) =>
  proof.map((hash, at) => proof.with(at, flipBit(hash, bit)))

describe('inclusion', () => {
  test('every leaf of every small tree is proven, and as the definition says', async () => {
    for (let size = 1; size <= 40; size++)
      for (let seq = 0; seq < size; seq++) {
        const proof = await inclusionProof(stored(size), seq, size)
        expect(proof).toEqual(naivePath(seq, 0, size))
        expect(verifyInclusion(leafOf(seq), seq, size, proof, rootOf(size))).toBe(true)
      }
  })

  test('any leaf of any larger tree is proven from what is stored, and as the definition says', () =>
    fc.assert(
      fc.asyncProperty(seqInTree, async ([seq, size]) => {
        const proof = await inclusionProof(stored(size), seq, size)
        expect(proof).toEqual(naivePath(seq, 0, size))
        expect(verifyInclusion(leafOf(seq), seq, size, proof, rootOf(size))).toBe(true)
      }),
      { numRuns: 200 },
    ))

  test('a tree that grew meanwhile proves an older size just so', async () => {
    const proof = await inclusionProof(stored(2_000), 300, 777)
    expect(verifyInclusion(leafOf(300), 300, 777, proof, rootOf(777))).toBe(true)
  })

  test('every changed bit is refused', async () => {
    const [seq, size] = [700, 1_301]
    const root = rootOf(size)
    const leaf = leafOf(seq)
    const proof = await inclusionProof(stored(size), seq, size)
    expect(proof.length).toBeGreaterThan(8)
    for (let bit = 0; bit < 256; bit++) {
      expect(verifyInclusion(flipBit(leaf, bit), seq, size, proof, root)).toBe(false)
      expect(verifyInclusion(leaf, seq, size, proof, flipBit(root, bit))).toBe(false)
      for (const changed of damaged(proof, bit))
        expect(verifyInclusion(leaf, seq, size, changed, root)).toBe(false)
    }
  })

  test('another place, a longer, a shorter and a turned proof are refused', () =>
    fc.assert(
      fc.asyncProperty(seqInTree, fc.nat(1_999), async ([seq, size], other) => {
        const root = rootOf(size)
        const leaf = leafOf(seq)
        const proof = await inclusionProof(stored(size), seq, size)
        if (other !== seq) expect(verifyInclusion(leaf, other, size, proof, root)).toBe(false)
        expect(verifyInclusion(leaf, seq, size, [...proof, root], root)).toBe(false)
        if (proof.length > 0)
          expect(verifyInclusion(leaf, seq, size, proof.slice(1), root)).toBe(false)
        if (proof.length > 1)
          expect(verifyInclusion(leaf, seq, size, proof.toReversed(), root)).toBe(false)
      }),
      { numRuns: 40 },
    ))

  test('no number that is none, and no hash of another length, gets through', () => {
    const root = rootOf(1)
    expect(verifyInclusion(leafOf(0), 0, 1, [], root)).toBe(true)
    for (const seq of [-1, 1, 0.5, NaN, 2 ** 60])
      expect(verifyInclusion(leafOf(0), seq, 1, [], root)).toBe(false)
    for (const size of [0, -1, 1.5, NaN, Infinity])
      expect(verifyInclusion(leafOf(0), 0, size, [], root)).toBe(false)
    expect(verifyInclusion(leafOf(0), 0, 2, [Buffer.alloc(31)], rootOf(2))).toBe(false)
    expect(verifyInclusion(Buffer.alloc(0), 0, 1, [], Buffer.alloc(0))).toBe(false)
  })

  test('beyond the end there is no proof', () => {
    expect(() => inclusionProof(stored(3), 3, 3)).toThrow(RangeError)
    expect(() => inclusionProof(stored(3), -1, 3)).toThrow(RangeError)
    expect(() => inclusionProof(stored(3), NaN, 3)).toThrow(RangeError)
  })
})

describe('consistency', () => {
  test('every pair of small sizes is proven, and as the definition says', async () => {
    for (let to = 1; to <= 40; to++)
      for (let from = 1; from <= to; from++) {
        const proof = await consistencyProof(stored(to), from, to)
        expect(proof).toEqual(naiveSubproof(from, 0, to, true))
        expect(verifyConsistency(from, rootOf(from), to, rootOf(to), proof)).toBe(true)
      }
  })

  test('any pair of larger sizes is proven from what is stored, and as the definition says', () =>
    fc.assert(
      fc.asyncProperty(twoSizes, async ([from, to]) => {
        const proof = await consistencyProof(stored(to), from, to)
        expect(proof).toEqual(naiveSubproof(from, 0, to, true))
        expect(verifyConsistency(from, rootOf(from), to, rootOf(to), proof)).toBe(true)
      }),
      { numRuns: 200 },
    ))

  test.each([
    [700, 1_301],
    [1_024, 1_301],
    [6, 8],
  ])('every changed bit is refused, from %i to %i', async (from, to) => {
    const proof = await consistencyProof(stored(to), from, to)
    const [old, now] = [rootOf(from), rootOf(to)]
    for (let bit = 0; bit < 256; bit++) {
      expect(verifyConsistency(from, flipBit(old, bit), to, now, proof)).toBe(false)
      expect(verifyConsistency(from, old, to, flipBit(now, bit), proof)).toBe(false)
      for (const changed of damaged(proof, bit))
        expect(verifyConsistency(from, old, to, now, changed)).toBe(false)
    }
  })

  test('another history of the same length, and proofs longer or shorter, are refused', () =>
    fc.assert(
      fc.asyncProperty(twoSizes, fc.nat(1_999), async ([from, to], changed) => {
        const proof = await consistencyProof(stored(to), from, to)
        const other = naiveRoot(
          ENTRIES.slice(0, from).map((entry, at) =>
            at === changed % from ? Buffer.from('other') : entry,
          ),
        )
        expect(verifyConsistency(from, other, to, rootOf(to), proof)).toBe(false)
        expect(verifyConsistency(from, rootOf(from), to, rootOf(to), [...proof, other])).toBe(false)
        if (proof.length > 0)
          expect(verifyConsistency(from, rootOf(from), to, rootOf(to), proof.slice(1))).toBe(false)
      }),
      { numRuns: 40 },
    ))

  test('the empty tree begins every tree, an equal size proves itself, and a larger one is no beginning', async () => {
    expect(await consistencyProof(stored(9), 0, 9)).toEqual([])
    expect(await consistencyProof(stored(9), 9, 9)).toEqual([])
    expect(verifyConsistency(0, EMPTY_ROOT, 9, rootOf(9), [])).toBe(true)
    expect(verifyConsistency(0, rootOf(1), 9, rootOf(9), [])).toBe(false)
    expect(verifyConsistency(9, rootOf(9), 9, rootOf(9), [])).toBe(true)
    expect(verifyConsistency(9, rootOf(9), 9, rootOf(8), [])).toBe(false)
    expect(verifyConsistency(5, rootOf(5), 9, rootOf(9), [])).toBe(false)
    expect(verifyConsistency(8, rootOf(8), 9, rootOf(9), [])).toBe(false)
    expect(verifyConsistency(9, rootOf(9), 5, rootOf(5), [])).toBe(false)
    expect(() => consistencyProof(stored(9), 10, 9)).toThrow(RangeError)
  })
})

describe('what is stored', () => {
  test('gives the root and the range of every size', () =>
    fc.assert(
      fc.asyncProperty(fc.nat(2_000), async (size) => {
        expect(await rootAt(stored(size), size)).toEqual(rootOf(size))
        expect((await rangeAt(stored(size), size)).size).toBe(size)
      }),
      { numRuns: 200 },
    ))

  test('is read in small pieces: blocks of 256 leaves, and a node for each level', async () => {
    const { reader, read } = naiveReader(ENTRIES)
    await inclusionProof(reader, 700, 1_999)
    expect(read.leaves).toBeLessThanOrEqual(512)
    await consistencyProof(reader, 701, 1_999)
    expect(read.leaves).toBeLessThanOrEqual(512 + 512)
    expect(read.nodes).toBeLessThanOrEqual(12)
  })

  test('that does not answer in full is an error, and no wrong proof', async () => {
    const { reader } = naiveReader(ENTRIES)
    const without = { ...reader, nodes: () => Promise.resolve([]) }
    const short = { ...reader, leaves: () => Promise.resolve([]) }
    await expect(inclusionProof(without, 0, 2_000)).rejects.toThrow('missing')
    await expect(inclusionProof(short, 0, 2_000)).rejects.toThrow('missing')
  })
})
