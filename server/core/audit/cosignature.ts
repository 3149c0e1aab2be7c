import { verify } from 'node:crypto'
import { NoteError, readKeyLine, splitNote } from './note.ts'

/** Who saw a checkpoint: a witness's Ed25519 key of c2sp.org/tlog-cosignature. */
export type WitnessKey = {
  name: string
  /** Eight hexadecimal digits. */
  id: string
  verify(message: string, signature: Buffer): boolean
}

/** `line` is the whole signature line with its end, to be put under the checkpoint; `at` is when the witness says it saw it. */
export type Cosignature = { line: string; at: Date }

/** The byte that tells a witness's key from a log's. */
const COSIGNATURE = 4

/**
 * A witness's key as one line, as witnesses publish it: `name+id+base64(0x04 ‖ 32 bytes)`.
 * @throws NoteError `malformed_key`
 */
export function parseWitnessKey(text: string): WitnessKey {
  const { name, id, publicKey } = readKeyLine(text, COSIGNATURE, 'a key of a witness')
  return {
    name,
    id,
    verify: (message, signature) => verify(null, Buffer.from(message), publicKey, signature),
  }
}

/** Of how far ahead of ours the clock of a witness may be, milliseconds. */
const AHEAD = 10 * 60_000

/**
 * The cosignature of `key` among `lines`, as a witness answers, over the checkpoint of `note`.
 * Those of other keys are passed over, as the format demands. Null where there is none.
 * @throws NoteError where it claims the key and does not hold
 */
export function findCosignature(
  note: string,
  lines: string,
  key: WitnessKey,
  now: Date,
): Cosignature | null {
  const { text } = splitNote(note)
  // Read as a note, so that what is no signature line is refused by the same rules.
  const { signatures } = splitNote(`${text}\n${lines}`)
  const at = signatures.findIndex(({ name, id }) => name === key.name && id === key.id)
  const found = signatures[at]
  if (!found) return null
  const seconds = found.signature.length === 72 ? found.signature.readBigUInt64BE(0) : 0n
  const message = `cosignature/v1\ntime ${seconds}\n${text}`
  if (seconds === 0n || !key.verify(message, found.signature.subarray(8)))
    throw new NoteError('wrong_signature', `The cosignature of ${key.name} does not hold.`)
  const time = Number(seconds) * 1000
  if (time > now.getTime() + AHEAD)
    throw new NoteError('wrong_signature', `The cosignature of ${key.name} is of the future.`)
  return { line: `${lines.split('\n')[at]}\n`, at: new Date(time) }
}
