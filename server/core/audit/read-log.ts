import type { AuditEvent, StoredEvent } from './event.ts'

type Reader = { personId: string; requestId: string; address: string }

export type LogPage = { now: Date; events: StoredEvent[]; next: string | null }

type Deps = {
  page: (before: bigint | null, limit: number) => Promise<{ now: Date; events: StoredEvent[] }>
  record: (event: AuditEvent) => Promise<void>
}

/**
 * One page of the log, newest first. Who read what is itself an event, written before the page is given out.
 * Whether the reader may is decided by the scope of the route.
 */
export function readLog({ page, record }: Deps) {
  return async (
    reader: Reader,
    { before, limit }: { before: bigint | null; limit: number },
  ): Promise<LogPage> => {
    const { now, events } = await page(before, limit)
    await record({
      action: 'audit.read',
      actor: { person: reader.personId },
      subject: null,
      requestId: reader.requestId,
      address: reader.address,
      detail: { filter: before === null ? 'newest' : `before ${before}`, count: events.length },
    })
    const last = events.at(-1)
    return { now, events, next: events.length === limit && last ? last.id : null }
  }
}
