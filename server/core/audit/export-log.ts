import { csv } from './export-csv.ts'
import { jsonLines } from './export-jsonl.ts'
import { type ExportPage, exportPages } from './export-pages.ts'
import type { ExportSource, SealedEvent } from './export-ports.ts'
import type { BeginExport, Progress, Reader } from './export-run.ts'
import type { People } from './read-log.ts'
import { type Search, searchText } from './search.ts'

export type ExportFormat = 'jsonl' | 'csv'

type Deps = { source: ExportSource; begin: BeginExport }

/** Text in pieces. Whoever took it calls `close` when nothing more is read. */
export type Export = { text: AsyncIterable<string>; close(): Promise<void> }

export type ExportLog = ReturnType<typeof exportLog>

/** All sealed events that a search finds, oldest first. Throws what `exportRuns` throws. */
export function exportLog({ source, begin }: Deps) {
  return async (reader: Reader, search: Search, format: ExportFormat): Promise<Export> => {
    const filter = searchText(search)
    const { checkpoint, progress, close } = await begin(reader, { format, filter })
    const writer = format === 'csv' ? csv : jsonLines(source, checkpoint, search)
    const pages = exportPages(source, search, checkpoint.size)
    return { text: writeAll(writer, pages, progress), close }
  }
}

export type Writer = {
  head(): string
  lines(events: readonly SealedEvent[], people: People): string | Promise<string>
  end?(count: number): string
}

async function* writeAll(
  writer: Writer,
  pages: AsyncIterable<ExportPage>,
  progress: Progress,
): AsyncGenerator<string> {
  try {
    yield writer.head()
    for await (const { events, people } of pages) {
      const text = await writer.lines(events, people)
      progress.count += events.length
      yield text
    }
    if (writer.end) yield writer.end(progress.count)
    progress.how = 'complete'
  } catch (error) {
    progress.how = 'failed'
    throw error
  }
}
