import { type Checkpoint, openCheckpoint } from './checkpoint.ts'
import type { Findings } from './findings.ts'
import { NoteError, type NoteVerifier } from './note.ts'

/** A checkpoint that one key of each set signed; otherwise a finding about `what`, and null. */
export function openSigned(
  what: string,
  note: string,
  needed: readonly (readonly NoteVerifier[])[],
  findings: Findings,
): Checkpoint | null {
  const keys = needed.flat()
  try {
    const checkpoint = openCheckpoint(note, keys)
    const missing = needed.find((set) => !set.some((key) => checkpoint.signedBy.includes(key)))
    if (!missing) return checkpoint
    findings.add(
      'wrong_key',
      `${what}: the key changed just before it, so both must have signed it, and ${idsOf(missing)} did not.`,
      { evidence: [note] },
    )
  } catch (error) {
    if (!(error instanceof NoteError)) throw error
    const isForeign = error.code === 'unknown_key' || error.code === 'other_origin'
    findings.add(
      isForeign ? 'wrong_key' : 'altered',
      isForeign
        ? `${what}: ${error.message} At this size ${idsOf(keys)} must have signed it. Either the key you gave is of another log or another time, or somebody else signed.`
        : `${what}: ${error.message}`,
      { evidence: [note] },
    )
  }
  return null
}

const idsOf = (keys: readonly NoteVerifier[]) =>
  keys.map(({ name, id }) => `${name} (${id})`).join(' or ')
