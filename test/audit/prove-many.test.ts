import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inclusionProof } from '../../server/core/audit/prove.ts'
import { proveMany } from '../../server/core/audit/prove-many.ts'
import { entriesOf, naiveReader, naiveTree } from './naive-tree.ts'

const ENTRIES = entriesOf(2_560)
const TREE = naiveTree(ENTRIES)
const stored = (size: number) => naiveReader(ENTRIES, size, TREE)

test.each([1, 2, 255, 256, 257, 511, 512, 513, 1_300])(
  'leaves of a tree of %i get the proofs they get alone',
  async (size) => {
    const prove = proveMany(stored(size).reader, size)
    for (let seq = 0; seq < size; seq += size < 10 ? 1 : 5)
      expect(await prove(seq)).toEqual(await inclusionProof(stored(size).reader, seq, size))
  },
)

test('in any order, and again', () =>
  fc.assert(
    fc.asyncProperty(
      fc
        .integer({ min: 1, max: ENTRIES.length })
        .chain((size) =>
          fc.tuple(fc.constant(size), fc.array(fc.nat(size - 1), { maxLength: 50 })),
        ),
      async ([size, seqs]) => {
        const prove = proveMany(stored(size).reader, size)
        const proofs = await Promise.all(seqs.map(prove))
        const alone = seqs.map((seq) => inclusionProof(stored(size).reader, seq, size))
        expect(proofs).toEqual(await Promise.all(alone))
      },
    ),
    { numRuns: 50 },
  ))

test('what neighbours share is read once', async () => {
  const { reader, read } = stored(2_560)
  const prove = proveMany(reader, 2_560)
  for (let seq = 0; seq < 2_560; seq++) await prove(seq)
  expect(read.leaves).toBe(2_560)
  expect(read.nodes).toBeLessThan(40)
})

test.each([-1, 10, NaN])('no leaf %d, no proof', async (seq) => {
  await expect(proveMany(stored(10).reader, 10)(seq)).rejects.toThrow(RangeError)
})
