import { exportEnd, exportHeader, exportLine } from './export.ts'
import type { ExportSource, NewestCheckpoint, SealedEvent } from './export-ports.ts'
import { proveMany } from './prove-many.ts'
import { type Search, searchFields } from './search.ts'

/** An export that can be verified offline, line by line, in the form of `export.ts`. */
export function jsonLines(source: ExportSource, checkpoint: NewestCheckpoint, search: Search) {
  const { size, origin, key, note, rotations } = checkpoint
  const prove = proveMany(source, size)
  const filter = searchFields(search)
  return {
    head: () => `${exportHeader({ origin, key, checkpoint: note, rotations, filter })}\n`,
    lines: async (events: readonly SealedEvent[]): Promise<string> => {
      const lines: string[] = []
      for (const { seq, entry } of events)
        lines.push(exportLine(seq, entry, await prove(seq)), '\n')
      return lines.join('')
    },
    end: (count: number) => `${exportEnd(count)}\n`,
  }
}
