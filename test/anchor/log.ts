import { generateKeyPairSync } from 'node:crypto'
import type { SignedCheckpoint } from '../../server/anchor/place.ts'
import { signCheckpoint } from '../../server/core/audit/checkpoint.ts'
import { makeSigner } from '../../server/core/audit/note.ts'
import { consistencyProof } from '../../server/core/audit/prove.ts'
import { entriesOf, naiveReader, naiveRoot } from '../audit/naive-tree.ts'

export const ORIGIN = 'latchkey.example.com/audit/1'

/** A log of `count` entries with a key of its own, that signs what it was at any size. */
export function aLog(count: number, entries = entriesOf(count)) {
  const signer = makeSigner(ORIGIN, generateKeyPairSync('ed25519').privateKey)
  const { reader } = naiveReader(entries)
  return {
    key: signer.key,
    checkpoint: (size: number): SignedCheckpoint => {
      const root = naiveRoot(entries.slice(0, size))
      return { size, root, note: signCheckpoint({ origin: ORIGIN, size, root }, [signer]) }
    },
    prove: (from: number, to: number) => consistencyProof(reader, from, to),
  }
}
