import { hash } from 'node:crypto'

/**
 * One event as it is sealed: what the database stores, every field as text, so that nothing is lost on the way.
 * `id` is the event's number in decimal, `at` whole microseconds since 1970 in decimal (a `Date` would lose three digits),
 * `payload` the stored text of the detail, byte for byte.
 */
export type Entry = {
  id: string
  at: string
  v: number
  action: string
  actor: string
  subject: string | null
  request: string
  intent: string | null
  address: string | null
  payload: string
}

/**
 * The bytes that are sealed, as text: JSON with its keys in alphabetical order and no spaces.
 * Every value is a string, null or a small integer, so this is RFC 8785's canonical form.
 */
export const entryText = (entry: Entry): string =>
  JSON.stringify({
    action: entry.action,
    actor: entry.actor,
    address: entry.address,
    at: entry.at,
    id: entry.id,
    intent: entry.intent,
    payload: entry.payload,
    request: entry.request,
    subject: entry.subject,
    v: entry.v,
  })

/** The leaf of an entry: SHA-256 of a zero byte and the entry's text (RFC 9162 §2.1.1). 32 bytes. */
export const leafHash = (entry: Entry): Buffer => hash('sha256', `\0${entryText(entry)}`, 'buffer')
