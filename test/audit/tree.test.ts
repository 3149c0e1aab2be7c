import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CompactRange, EMPTY_ROOT } from '../../server/core/audit/tree.ts'
import { entriesOf, naiveLeaf, naiveRoot, naiveTree } from './naive-tree.ts'

/** The test tree of Certificate Transparency: its leaves, and its root after each of them. */
const CT_LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((hex) => Buffer.from(hex, 'hex'))
const CT_ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

test('the tree of Certificate Transparency has its published roots, by the definition and by appending', () => {
  const range = new CompactRange()
  expect(EMPTY_ROOT.toString('hex')).toBe(
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  )
  expect(range.root()).toEqual(EMPTY_ROOT)
  const roots = CT_LEAVES.map((leaf, at) => {
    range.append(naiveLeaf(leaf))
    expect(naiveRoot(CT_LEAVES.slice(0, at + 1))).toEqual(range.root())
    return range.root().toString('hex')
  })
  expect(roots).toEqual(CT_ROOTS)
})

test('a compact range has the root of the definition at every size to 2,000', () => {
  const entries = entriesOf(2_000)
  const { root } = naiveTree(entries)
  const range = new CompactRange()
  for (const [at, entry] of entries.entries()) {
    range.append(naiveLeaf(entry))
    expect(range.root().equals(root(0, at + 1))).toBe(true)
  }
})

test('each complete node is told once, when it forms, with its hash', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 300 }), (size) => {
      const entries = entriesOf(size)
      const range = new CompactRange()
      const told: string[] = []
      for (const [at, entry] of entries.entries())
        range.append(naiveLeaf(entry), (level, index, hash) => {
          told.push(`${level}/${index}`)
          expect((index + 1) * 2 ** level).toBe(at + 1)
          expect(hash).toEqual(naiveRoot(entries.slice(index * 2 ** level, at + 1)))
        })
      const complete: string[] = []
      for (let level = 1; 2 ** level <= size; level++)
        for (let index = 0; (index + 1) * 2 ** level <= size; index++)
          complete.push(`${level}/${index}`)
      expect(told.toSorted()).toEqual(complete.toSorted())
    }),
    { numRuns: 30 },
  )
})

test('a range that was kept goes on where it stopped', () => {
  fc.assert(
    fc.property(fc.nat(200), fc.nat(200), (before, after) => {
      const entries = entriesOf(before + after)
      const first = new CompactRange()
      for (const entry of entries.slice(0, before)) first.append(naiveLeaf(entry))
      const second = new CompactRange(first.size, first.hashes)
      for (const entry of entries.slice(before)) second.append(naiveLeaf(entry))
      expect(second.root()).toEqual(naiveRoot(entries))
      expect(first.root()).toEqual(naiveRoot(entries.slice(0, before)))
    }),
    { numRuns: 50 },
  )
})

test('hashes that are not of that size are no range', () => {
  const hash = Buffer.alloc(32)
  expect(() => new CompactRange(3, [hash])).toThrow(RangeError)
  expect(() => new CompactRange(0, [hash])).toThrow(RangeError)
  expect(() => new CompactRange(1, [hash.subarray(1)])).toThrow(RangeError)
  expect(() => new CompactRange(-1, [])).toThrow(RangeError)
  expect(() => new CompactRange(1.5, [hash])).toThrow(RangeError)
})

test('beyond 2^32 leaves nothing overflows', () => {
  const hash = Buffer.alloc(32, 7)
  const size = 2 ** 40 + 2 ** 33 - 1
  const range = new CompactRange(size, Array<Buffer>(34).fill(hash))
  const told: string[] = []
  range.append(hash, (level, index) => told.push(`${level}/${index}`))
  expect(range.size).toBe(2 ** 40 + 2 ** 33)
  expect(range.hashes.length).toBe(2)
  expect(told.at(-1)).toBe(`33/${2 ** 7}`)
  expect(told.length).toBe(33)
})
