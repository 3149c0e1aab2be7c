import type { Entry } from '../../server/core/audit/entry.ts'
import { exportEnd, exportHeader, exportLine } from '../../server/core/audit/export.ts'
import { inclusionProof, type HashReader } from '../../server/core/audit/prove.ts'
import type { KeyRotation } from '../../server/core/audit/rotation.ts'
import { type MemoryLog, ORIGIN } from './memory-log.ts'

export const readerOf = ({ rows, nodes }: MemoryLog): HashReader => ({
  leaves: (from, to) => Promise.resolve(rows.slice(from, to).map(({ leaf }) => leaf)),
  nodes: (wanted) =>
    Promise.resolve(wanted.map(({ level, index }) => nodes.get(`${level}/${index}`) as Buffer)),
})

/** The lines of an export of some events of a log: all of them in order, unless it is said which. */
export async function exportOf(
  log: MemoryLog,
  seqs: readonly number[] = [...log.rows.keys()],
  { rotations = [] as KeyRotation[], at = log.checkpoints.length - 1 } = {},
): Promise<string[]> {
  const checkpoint = log.checkpoints[at]
  const lines = await Promise.all(
    seqs.map(async (seq) =>
      exportLine(
        seq,
        log.rows[seq]?.entry as Entry,
        await inclusionProof(readerOf(log), seq, checkpoint?.size ?? 0),
      ),
    ),
  )
  return [
    exportHeader({
      origin: ORIGIN,
      key: log.signers[0]?.key ?? '',
      checkpoint: checkpoint?.note ?? null,
      rotations,
      filter: { database: 'orders' },
    }),
    ...lines,
    exportEnd(seqs.length),
  ]
}
