import type { CheckedRows } from './check-rows.ts'
import type { Findings } from './findings.ts'
import type { KeyEras } from './key-eras.ts'
import type { LogToVerify, StoredCheckpoint } from './log-to-verify.ts'
import { openSigned } from './open-signed.ts'

/** Every stored checkpoint by its signature, and what it means that a signed one does not fit the rows. Returns how many there were. */
export async function checkSignatures(
  log: LogToVerify,
  { size: rows, roots }: CheckedRows,
  eras: KeyEras,
  findings: Findings,
): Promise<number> {
  let count = 0
  let before = log.start.size
  let beyond: StoredCheckpoint | null = null
  let previous: StoredCheckpoint | null = null
  let isAlteredTold = false

  for await (const batch of log.checkpoints())
    for (const each of batch) {
      count++
      const what = `the checkpoint of ${each.size} events`
      const signed = openSigned(what, each.note, eras.needed(each.size, before), findings)
      before = each.size
      if (!signed) continue
      if (signed.size !== each.size || !signed.root.equals(each.root)) {
        findings.add(
          'altered',
          `${what}: its row says root ${hex(each.root)}, the note that was signed says size ${signed.size}, root ${hex(signed.root)}.`,
          { evidence: [each.note] },
        )
        continue
      }
      if (previous?.size === each.size && !previous.root.equals(each.root))
        addTwo(each, previous, findings)
      previous = each
      if (each.size > rows) beyond = each
      const computed = roots.computed.get(each.size)
      if (!computed) continue
      // Later checkpoints fit the rows, so this one is signed evidence of other rows.
      if (each.size < roots.agreed)
        findings.add(
          'two_histories',
          `${what} was signed with root ${hex(each.root)}; the log, and a later checkpoint of it, have root ${hex(computed)} at that size. Two histories were signed.`,
          { evidence: [each.note] },
        )
      else if (!isAlteredTold) {
        isAlteredTold = true
        findings.add(
          'altered',
          `seq ${roots.agreed} to ${each.size - 1}: the sealed leaves give root ${hex(computed)}, signed was ${hex(each.root)}. A leaf between them was changed, moved, inserted or deleted.`,
          { seq: roots.agreed, evidence: [each.note] },
        )
      }
    }
  if (beyond)
    findings.add(
      'rolled_back',
      `the log has ${rows} events, and its own checkpoint was signed over ${beyond.size}: ${beyond.size - rows} are missing at its end.`,
      { seq: rows, evidence: [beyond.note] },
    )
  return count
}

const hex = (root: Buffer) => root.toString('hex')

const addTwo = (one: StoredCheckpoint, other: StoredCheckpoint, findings: Findings) =>
  findings.add(
    'two_histories',
    `two checkpoints of ${one.size} events were signed, with roots ${hex(other.root)} and ${hex(one.root)}.`,
    { evidence: [other.note, one.note] },
  )
