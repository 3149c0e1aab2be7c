import type { StoredEvent } from './event.ts'

/** One event with all that belongs to it. */
export type Story = {
  event: StoredEvent
  /** Oldest first, the event itself among them. */
  events: StoredEvent[]
  /** There are more than `events` has. */
  more: boolean
  /** The access requests and the grants that it is about. */
  requests: string[]
  grants: string[]
}
