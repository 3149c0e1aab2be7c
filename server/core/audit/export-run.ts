import type { AuditEvent } from './event.ts'
import type { ExportSource, NewestCheckpoint } from './export-ports.ts'

export type Reader = { personId: string; requestId: string; address: string }
export type Progress = AuditEvent<'export.ended'>['detail']

type Deps = {
  source: ExportSource
  record: (event: AuditEvent) => Promise<void>
  /** What to throw where none may begin. */
  refuse: (why: WhyNoExport) => Error
}

export type WhyNoExport = 'exports_running' | 'nothing_sealed'

/** One export that has begun, of the log as `checkpoint` has it. */
export type ExportRun = {
  checkpoint: NewestCheckpoint
  /** What is recorded at the end: whoever reads keeps it up to date. */
  progress: Progress
  /** To be called once nothing more is read, however that came. Again does nothing. */
  close(): Promise<void>
}

export type BeginExport = ReturnType<typeof exportRuns>

/** Exports at once: each reads as fast as the database gives, and minting goes before. */
const AT_ONCE = 2

/**
 * Lets exports begin: a few at a time, each recorded before the first byte is given out, and again when it is over.
 * What is returned throws what `refuse` gives: where enough are running, and where nothing is sealed yet.
 */
export function exportRuns({ source, record, refuse }: Deps) {
  let running = 0

  return async (
    reader: Reader,
    { format, filter }: Pick<AuditEvent<'export.started'>['detail'], 'format' | 'filter'>,
  ): Promise<ExportRun> => {
    if (running >= AT_ONCE) throw refuse('exports_running')
    running += 1
    try {
      const checkpoint = await source.newest()
      if (!checkpoint) throw refuse('nothing_sealed')
      const about = {
        actor: { person: reader.personId },
        subject: null,
        requestId: reader.requestId,
        address: reader.address,
      }
      const { size } = checkpoint
      await record({ ...about, action: 'export.started', detail: { format, filter, size } })
      const progress: Progress = { count: 0, how: 'cancelled' }
      let open = true
      return {
        checkpoint,
        progress,
        close: async () => {
          if (!open) return
          open = false
          running -= 1
          const detail = { ...progress }
          // It is over, whether this can be written or not.
          await record({ ...about, action: 'export.ended', detail }).catch(() => {})
        },
      }
    } catch (error) {
      running -= 1
      throw error
    }
  }
}
