import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openCheckpoint, signCheckpoint } from '../../server/core/audit/checkpoint.ts'
import {
  makeSigner,
  NoteError,
  parseVerifierKey,
  signNote,
  verifierKey,
} from '../../server/core/audit/note.ts'

const ORIGIN = 'latchkey.example.com/audit/1'
const fresh = (name: string) => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return {
    signer: makeSigner(name, privateKey),
    verifier: parseVerifierKey(verifierKey(name, publicKey)),
  }
}
const log = fresh(ORIGIN)
const witness = fresh('witness.example')
const root = Buffer.alloc(32, 5)
const ROOT = root.toString('base64')

function codeOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (error instanceof NoteError) return error.code
    throw error
  }
  return 'accepted'
}

test('a checkpoint says origin, size and root, in the three lines of the format', () => {
  fc.assert(
    fc.property(
      fc.maxSafeNat(),
      fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes)),
      (size, hash) => {
        const note = signCheckpoint({ origin: ORIGIN, size, root: hash }, [log.signer])
        expect(
          note.startsWith(`${ORIGIN}\n${size}\n${hash.toString('base64')}\n\n— ${ORIGIN} `),
        ).toBe(true)
        expect(openCheckpoint(note, [log.verifier])).toEqual({
          origin: ORIGIN,
          size,
          root: hash,
          signedBy: [log.verifier],
        })
      },
    ),
  )
})

test('old and new key may sign one checkpoint, and each opens it', () => {
  const next = fresh(ORIGIN)
  const note = signCheckpoint({ origin: ORIGIN, size: 7, root }, [log.signer, next.signer])
  expect(openCheckpoint(note, [log.verifier]).signedBy).toEqual([log.verifier])
  expect(openCheckpoint(note, [next.verifier]).signedBy).toEqual([next.verifier])
  expect(openCheckpoint(note, [log.verifier, next.verifier]).signedBy.length).toBe(2)
})

test('who does not bear the name of the log may sign besides it, and not alone', () => {
  const both = signCheckpoint({ origin: ORIGIN, size: 7, root }, [log.signer, witness.signer])
  expect(openCheckpoint(both, [log.verifier, witness.verifier]).signedBy.length).toBe(2)
  expect(codeOf(() => openCheckpoint(both, [witness.verifier]))).toBe('other_origin')
  const alone = () => signCheckpoint({ origin: ORIGIN, size: 7, root }, [witness.signer])
  expect(codeOf(alone)).toBe('other_origin')
})

test('the key of another log opens nothing', () => {
  const note = signCheckpoint({ origin: ORIGIN, size: 7, root }, [log.signer])
  expect(codeOf(() => openCheckpoint(note, [fresh(ORIGIN).verifier]))).toBe('unknown_key')
})

test('lines after the third are passed over', () => {
  const note = signNote(`${ORIGIN}\n7\n${ROOT}\nextension\n`, [log.signer])
  expect(openCheckpoint(note, [log.verifier]).size).toBe(7)
})

test.each([
  ['a size with a zero before it', `${ORIGIN}\n07\n${ROOT}\n`],
  ['a size with a sign', `${ORIGIN}\n+7\n${ROOT}\n`],
  ['a negative size', `${ORIGIN}\n-7\n${ROOT}\n`],
  ['a size in hexadecimal', `${ORIGIN}\n0x7\n${ROOT}\n`],
  ['a size that is no whole number', `${ORIGIN}\n7.5\n${ROOT}\n`],
  ['a size with a space', `${ORIGIN}\n7 \n${ROOT}\n`],
  ['no size', `${ORIGIN}\n\n${ROOT}\n`],
  ['a size beyond what counts exactly', `${ORIGIN}\n9007199254740993\n${ROOT}\n`],
  ['a short root', `${ORIGIN}\n7\n${root.subarray(1).toString('base64')}\n`],
  ['a long root', `${ORIGIN}\n7\n${Buffer.alloc(33).toString('base64')}\n`],
  ['a root in hexadecimal', `${ORIGIN}\n7\n${root.toString('hex')}\n`],
  ['a root with loose bits', `${ORIGIN}\n7\n${ROOT.replace('U=', 'V=')}\n`],
  ['no root', `${ORIGIN}\n7\n`],
  ['no origin', `\n7\n${ROOT}\n`],
  ['one line', `${ORIGIN}\n`],
  ['an empty line after the third', `${ORIGIN}\n7\n${ROOT}\n\nmore\n`],
])('a signed note with %s is no checkpoint', (_what, text) => {
  const note = signNote(text, [log.signer])
  expect(codeOf(() => openCheckpoint(note, [log.verifier]))).toBe('malformed_checkpoint')
})

test.each([
  [-1, root],
  [1.5, root],
  [2 ** 53, root],
  [1, Buffer.alloc(20)],
])('what could not be read back is not signed: size %d', (size, hash) => {
  const sign = () => signCheckpoint({ origin: ORIGIN, size, root: hash }, [log.signer])
  expect(codeOf(sign)).toBe('malformed_checkpoint')
})
