import type { AuditEntry } from '../contract/audit.ts'
import type { StoredEvent } from '../core/audit/event.ts'
import { outcomeOf } from '../core/audit/outcome.ts'
import type { People } from '../core/audit/read-log.ts'

export const viewEvent = (event: StoredEvent, people: People): AuditEntry => ({
  ...event,
  at: event.at.toISOString(),
  outcome: outcomeOf(event.action),
  actorName: people[event.actor] ?? null,
})

/** What was done to somebody is theirs to see; from where the other did it is not. */
export const viewOwnEvent = (event: StoredEvent, people: People, me: string): AuditEntry => {
  const seen = viewEvent(event, people)
  return event.actor === me ? seen : { ...seen, address: null }
}
