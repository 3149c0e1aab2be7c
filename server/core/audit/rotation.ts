import {
  NoteError,
  type NoteSigner,
  type NoteVerifier,
  openNote,
  parseVerifierKey,
  signNote,
} from './note.ts'

/**
 * That a signing key follows another: the detail of `key.rotated`, verifier keys and a note signed by both.
 * Whoever can write events cannot make one, so such an event changes whom a verifier trusts only with both signatures.
 */
export type KeyRotation = { from: string; to: string; note: string }

/** Neither the first nor the second line could be those of a checkpoint of this log. */
const statement = (name: string, from: string, to: string) => `${name}/rotation\n${from}\n${to}\n`

export const signRotation = (from: NoteSigner, to: NoteSigner): KeyRotation => ({
  from: from.key,
  to: to.key,
  note: signNote(statement(to.name, from.key, to.key), [from, to]),
})

/** Both keys of a rotation, where both signed it. @throws NoteError */
export function openRotation(rotation: KeyRotation): { from: NoteVerifier; to: NoteVerifier } {
  const from = parseVerifierKey(rotation.from)
  const to = parseVerifierKey(rotation.to)
  const { text, signedBy } = openNote(rotation.note, [from, to])
  if (signedBy.length !== 2 || text !== statement(to.name, from.key, to.key))
    throw new NoteError('wrong_signature', 'The change of keys is not signed by both of them.')
  return { from, to }
}
