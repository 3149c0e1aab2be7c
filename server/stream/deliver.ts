import { ocsfEvent, type OcsfSource, type SealedEvent } from '../core/audit/ocsf.ts'
import type { Arrival, Turn } from '../core/audit/outlet.ts'

type Read = (wish: {
  from: number
  to: number
  limit: number
}) => Promise<{ events: SealedEvent[]; next: number }>

type Deps = {
  read: Read
  /** The name of the log, known once something is sealed. */
  source: () => Promise<OcsfSource>
  send: (events: readonly object[], from: number, signal: AbortSignal) => Promise<void>
  /** Events that one delivery may have. */
  limit: number
}

/** Brings the next sealed events to a stream, in the words of OCSF. Only whole deliveries count, so one in doubt is repeated. */
export const deliverEvents =
  ({ read, source, send, limit }: Deps) =>
  async ({ size, sealed }: Turn, signal: AbortSignal): Promise<Arrival> => {
    const { events, next } = await read({ from: size, to: sealed, limit })
    const of = await source()
    if (events.length > 0)
      await send(
        events.map((event) => ocsfEvent(event, of)),
        size,
        signal,
      )
    return { size: next }
  }
