import {
  decode,
  NoteError,
  type NoteSigner,
  type NoteVerifier,
  openNote,
  signNote,
  splitNote,
} from './note.ts'

/** What a log was at one moment: `root` is the root of its first `size` leaves. `origin` names the log. */
export type Checkpoint = { origin: string; size: number; root: Buffer }

/** A checkpoint as a note of c2sp.org/tlog-checkpoint. At least one of the keys bears the name of the log. */
export function signCheckpoint(checkpoint: Checkpoint, signers: readonly NoteSigner[]): string {
  const { origin, size, root } = checkpoint
  const text = `${origin}\n${size}\n${root.toString('base64')}\n`
  // What could not be read back is not signed.
  parseCheckpoint(text)
  checkOrigin(origin, signers)
  return signNote(text, signers)
}

/**
 * What a checkpoint says, once it is known who said it: at least one key of the log itself.
 * `signedBy` are those of the given keys that signed it.
 * @throws NoteError
 */
export function openCheckpoint(
  note: string,
  verifiers: readonly NoteVerifier[],
): Checkpoint & { signedBy: NoteVerifier[] } {
  const { text, signedBy } = openNote(note, verifiers)
  const checkpoint = parseCheckpoint(text)
  checkOrigin(checkpoint.origin, signedBy)
  return { ...checkpoint, signedBy }
}

/** What a note says that nobody has verified: to know which size it speaks of, and no more. @throws NoteError */
export const readCheckpoint = (note: string): Checkpoint => parseCheckpoint(splitNote(note).text)

/** Reads the text of a checkpoint, which is not yet to be believed. Lines after the third are others' business. */
function parseCheckpoint(text: string): Checkpoint {
  const [origin, decimal, encoded, ...rest] = text.split('\n')
  const root = decode(encoded ?? '')
  const size = /^(0|[1-9]\d{0,15})$/.test(decimal ?? '') ? Number(decimal) : NaN
  const whole = rest.pop() === '' && rest.every((line) => line !== '')
  if (!origin || !Number.isSafeInteger(size) || root?.length !== 32 || !whole)
    throw new NoteError(
      'malformed_checkpoint',
      'The note is not a checkpoint: its lines are the name of the log, its size, its root in base64.',
    )
  return { origin, size, root }
}

function checkOrigin(origin: string, keys: readonly { name: string }[]): void {
  if (!keys.some(({ name }) => name === origin))
    throw new NoteError('other_origin', `No key that signed speaks for the log ${origin}.`)
}
