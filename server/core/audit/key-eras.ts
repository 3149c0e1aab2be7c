import type { Findings } from './findings.ts'
import type { NoteVerifier } from './note.ts'
import type { Rotation } from './watch-events.ts'

/** From the tree of `since` leaves on, one of these keys signs. */
type Era = { since: number; keys: readonly NoteVerifier[] }

/**
 * Which key is in force at which size: the trusted ones, and those that the log's own `key.rotated` events tie to them, before and after.
 * Each of these events has a note signed by both keys, so trust in one reaches the other.
 */
export function keyEras(
  trusted: readonly NoteVerifier[],
  rotations: readonly Rotation[],
  findings: Findings,
) {
  const eras = erasOf(trusted, rotations, findings)
  const eraAt = (size: number) =>
    Math.max(
      0,
      eras.findLastIndex(({ since }) => since <= size),
    )
  return {
    /** Of each set one key must have signed the checkpoint of `size`: more than one set where the key changed since the checkpoint `before`. */
    needed: (size: number, before: number): (readonly NoteVerifier[])[] =>
      eras.slice(Math.min(eraAt(before), eraAt(size)), eraAt(size) + 1).map(({ keys }) => keys),
    /** For what lies beyond the log, where it may have changed again. */
    any: eras.flatMap(({ keys }) => keys),
  }
}
export type KeyEras = ReturnType<typeof keyEras>

function erasOf(
  trusted: readonly NoteVerifier[],
  rotations: readonly Rotation[],
  findings: Findings,
): Era[] {
  const isTrusted = ({ key }: NoteVerifier) => trusted.some((each) => each.key === key)
  const first = rotations.findIndex(({ from, to }) => isTrusted(from) || isTrusted(to))
  const base = rotations[first]
  if (!base) {
    for (const rotation of rotations) addUntied(rotation, findings)
    return [{ since: 0, keys: trusted }]
  }
  const eras: Era[] = [
    { since: 0, keys: [base.from] },
    { since: base.seq + 1, keys: [base.to] },
  ]
  for (const rotation of rotations.slice(0, first).toReversed()) {
    const oldest = eras[0]
    if (oldest?.keys[0]?.key !== rotation.to.key) addUntied(rotation, findings)
    else {
      oldest.since = rotation.seq + 1
      eras.unshift({ since: 0, keys: [rotation.from] })
    }
  }
  for (const rotation of rotations.slice(first + 1))
    if (eras.at(-1)?.keys[0]?.key !== rotation.from.key) addUntied(rotation, findings)
    else eras.push({ since: rotation.seq + 1, keys: [rotation.to] })
  return eras
}

const addUntied = ({ seq, eventId, from, to }: Rotation, findings: Findings) =>
  findings.add(
    'wrong_key',
    `seq ${seq}, event ${eventId} changes the key ${from.id} to ${to.id}, and ${from.id} was not the key at that time. Neither of them is trusted for it.`,
    { seq, eventId },
  )
