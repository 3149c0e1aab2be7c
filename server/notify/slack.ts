import type { Delivery } from '../core/notification/ports.ts'
import { linkTo, wordsOf } from './message-text.ts'
import { post } from '../outgoing/post.ts'

/** Slack refuses a whole message for one text that is longer (Slack reference, "Text object" and "Section block"). */
const LONGEST = { text: 3000, field: 2000 }

/** Posts a message to an incoming webhook of Slack. */
export const postSlack =
  (publicUrl: string) =>
  (address: string, delivery: Delivery, signal: AbortSignal): Promise<void> =>
    post(address, JSON.stringify(slackMessage(publicUrl, delivery)), {}, signal)

/**
 * What people typed stands in `plain_text` only, which has no formatting, links or mentions, and is escaped besides.
 * The one text with markup holds nothing but our own link.
 */
export function slackMessage(publicUrl: string, { topic, text, requestId }: Delivery) {
  const { sentence, facts } = wordsOf(topic, text)
  const short = facts.filter(({ value }) => value.length <= 250)
  const long = facts.filter(({ value }) => value.length > 250)
  return {
    // Where blocks are not shown: in notifications.
    text: escape(sentence, LONGEST.text),
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      section({ text: plain(sentence, LONGEST.text) }),
      section({
        text: {
          type: 'mrkdwn',
          text: `<${linkTo(publicUrl, requestId)}|Open the request>`,
          verbatim: true,
        },
      }),
      section({ fields: short.map((fact) => plain(lineOf(fact), LONGEST.field)) }),
      ...long.map((fact) => section({ text: plain(lineOf(fact), LONGEST.text) })),
    ],
  }
}

const section = (content: object) => ({ type: 'section', ...content })
const plain = (text: string, longest: number) => ({
  type: 'plain_text',
  text: escape(text, longest),
  emoji: false,
})
const lineOf = ({ label, value }: { label: string; value: string }) => `${label}: ${value}`

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** The three characters that Slack gives a meaning, written out (Slack reference, "Formatting message text", "Escaping text"), and cut where they then are too many. */
function escape(text: string, longest: number): string {
  let escaped = ''
  for (const character of text) {
    const next = ENTITIES[character] ?? character
    if (escaped.length + next.length > longest) break
    escaped += next
  }
  return escaped
}
