import type { MessageText, Topic } from '../core/access/message.ts'
import { durationText } from '../core/catalog/duration.ts'

/** A message in words: one sentence, then facts by label. Every text is one visible line; media escape it for themselves. */
export type Words = { sentence: string; facts: { label: string; value: string }[] }

const SENTENCES: Record<Topic, (asker: string, what: string, by: string) => string> = {
  'request.waiting': (asker, what) => `${asker} asks for ${what}.`,
  'request.approved': (asker, what, by) => `${by} approved the request of ${asker} for ${what}.`,
  'request.denied': (asker, what, by) => `${by} denied the request of ${asker} for ${what}.`,
  'request.lapsed': (asker, what) => `Nobody decided in time: the request of ${asker} for ${what}.`,
  'request.cancelled': (asker, what, by) => `${by} cancelled the request of ${asker} for ${what}.`,
  'emergency.opened': (asker, what) => `EMERGENCY: ${asker} opened ${what} without approval.`,
  'emergency.reviewed': (asker, what, by) => `${by} reviewed the emergency of ${asker}: ${what}.`,
  'grant.revoked': (asker, what, by) => `${by} revoked the access of ${asker} to ${what}.`,
}

/** Who, what, for how long and why, in English. Whatever people typed is in it, as one line each and cut to a length. */
export function wordsOf(topic: Topic, text: MessageText): Words {
  const { team, database, environment, user, seconds, reason, by, comment } = text
  const asker = oneLine(text.asker, 80) || 'Somebody'
  const decider = by === null ? null : oneLine(by, 80) || 'Somebody'
  const where = environment === null ? database : `${database} (${environment})`
  const what = oneLine(`${user} on ${where}`, 250)
  const facts: [string, string | null][] = [
    ['Who', `${asker}, team ${oneLine(team, 80)}`],
    ['What', what],
    ['For', durationText(seconds)],
    ['Reason', reason],
    ['By', decider],
    ['Comment', comment],
  ]
  return {
    sentence: oneLine(SENTENCES[topic](asker, what, decider ?? 'Somebody'), 500),
    facts: facts
      .map(([label, value]) => ({ label, value: oneLine(value ?? '', 1000) }))
      .filter(({ value }) => value !== ''),
  }
}

/** The page where the message leads; one signs in there, and whatever is decided is decided there. */
export const linkTo = (publicUrl: string, requestId: string) => `${publicUrl}/requests/${requestId}`

/** Line ends would begin a line of somebody else's choice; controls and turned writing would show another text than there is. */
function oneLine(text: string, longest: number): string {
  const line = text
    .toWellFormed()
    .replace(/[\u202a-\u202e\u2066-\u2069]/gu, '')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
  const characters = [...line]
  return characters.length > longest ? `${characters.slice(0, longest - 1).join('')}…` : line
}
