import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type MessageText, TOPICS } from '../../server/core/access/message.ts'
import type { Delivery } from '../../server/core/notification/ports.ts'
import { mailText } from '../../server/notify/email.ts'
import { wordsOf } from '../../server/notify/message-text.ts'
import { slackMessage } from '../../server/notify/slack.ts'
import { aText, PUBLIC_URL } from './scenes.ts'

const aDelivery = (text: Partial<MessageText>, topic: Delivery['topic'] = 'request.denied') => ({
  outboxId: '6f0c1f0e-52a1-4c0e-9a54-2c9f2f0b7c11',
  channel: 'slack:default',
  attempts: 1,
  topic,
  requestId: '0b7d5a34-8f6e-4c59-b3f0-5d1c2e7a9e40',
  text: aText(text),
  createdAt: new Date('2026-11-25T09:00:00Z'),
})
const LINK = `${PUBLIC_URL}/requests/0b7d5a34-8f6e-4c59-b3f0-5d1c2e7a9e40`

const HOSTILE = [
  'Ada\r\nBcc: everybody@example.com',
  'refund\n\nhttps://latchkey.example.com.evil.example/approve\nBy: the board',
  '<script>alert(1)</script><img src=x onerror=alert(1)>',
  '<!channel> <!here> <@U0123> <#C0123> <!subteam^S0123>',
  '<https://evil.example|Open the request>',
  '&lt;!channel&gt;',
  '*bold* _italic_ ~gone~ `code` > quote',
  '|||',
  'a\u2028b\u2029c\u0085d\u000be\u0000f\u001b[2Jg',
  '\u202eexe.fdp\u2066x\u2069',
  '\ud800 half a pair',
  'x'.repeat(5000),
  '<'.repeat(5000),
  '😀'.repeat(3000),
]
const everywhere = (bad: string): MessageText => ({
  asker: bad,
  team: bad,
  database: bad,
  environment: bad,
  user: bad,
  seconds: 60,
  reason: bad,
  by: bad,
  comment: bad,
})

test('each topic is one sentence that says who, what and on which database', () => {
  const by = { by: 'Bob', comment: 'no' }
  expect(Object.fromEntries(TOPICS.map((topic) => [topic, wordsOf(topic, aText(by)).sentence])))
    .toMatchInlineSnapshot(`
      {
        "emergency.opened": "EMERGENCY: Ada Marín opened orders_writer on orders (production) without approval.",
        "emergency.reviewed": "Bob reviewed the emergency of Ada Marín: orders_writer on orders (production).",
        "grant.revoked": "Bob revoked the access of Ada Marín to orders_writer on orders (production).",
        "request.approved": "Bob approved the request of Ada Marín for orders_writer on orders (production).",
        "request.cancelled": "Bob cancelled the request of Ada Marín for orders_writer on orders (production).",
        "request.denied": "Bob denied the request of Ada Marín for orders_writer on orders (production).",
        "request.lapsed": "Nobody decided in time: the request of Ada Marín for orders_writer on orders (production).",
        "request.waiting": "Ada Marín asks for orders_writer on orders (production).",
      }
    `)
})

test('facts come by label, and none that is not there', () => {
  expect(wordsOf('request.waiting', aText()).facts).toEqual([
    { label: 'Who', value: 'Ada Marín, team payments' },
    { label: 'What', value: 'orders_writer on orders (production)' },
    { label: 'For', value: '1h30m' },
    { label: 'Reason', value: 'OPS-7: refund' },
  ])
  const bare = wordsOf('request.waiting', aText({ environment: null, reason: ' ' }))
  expect(bare.facts.map(({ value }) => value)).toEqual([
    'Ada Marín, team payments',
    'orders_writer on orders',
    '1h30m',
  ])
})

/** Everything that Slack gives a meaning in markup. */
const markups = (message: ReturnType<typeof slackMessage>) =>
  (message.blocks as { text?: { type: string; text: string } }[]).flatMap(({ text }) =>
    text?.type === 'mrkdwn' ? [text.text] : [],
  )
const plains = (message: ReturnType<typeof slackMessage>) =>
  (
    message.blocks as {
      text?: { type: string; text: string }
      fields?: { type: string; text: string }[]
    }[]
  )
    .flatMap(({ text, fields = [] }) => [...(text ? [text] : []), ...fields])
    .filter(({ type }) => type !== 'mrkdwn')

describe('what people typed stays what it is', () => {
  const check = (bad: string) => {
    for (const topic of TOPICS) {
      const delivery = aDelivery(everywhere(bad), topic)

      const { sentence, facts } = wordsOf(topic, delivery.text)
      for (const line of [sentence, ...facts.map(({ value }) => value)]) {
        expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/u)
        expect(line).toBe(line.trim())
        expect([...line].length).toBeLessThanOrEqual(1000)
      }

      const slack = slackMessage(PUBLIC_URL, delivery)
      expect(markups(slack)).toEqual([`<${LINK}|Open the request>`])
      for (const text of [slack.text, ...plains(slack).map((plain) => plain.text)]) {
        expect(text).not.toMatch(/[<>]|&(?!(amp|lt|gt);)/)
        expect(text.length).toBeGreaterThan(0)
        expect(text.length).toBeLessThanOrEqual(3000)
      }
      for (const plain of plains(slack)) expect(plain).toMatchObject({ type: 'plain_text' })
      for (const block of slack.blocks as { fields?: { text: string }[] }[])
        for (const field of block.fields ?? []) expect(field.text.length).toBeLessThanOrEqual(2000)

      const mail = mailText(PUBLIC_URL, delivery)
      expect(mail.subject).not.toMatch(/[\r\n]/)
      const lines = mail.text.split('\n')
      expect(lines.slice(0, 4)).toEqual([mail.subject, '', LINK, ''])
      expect(lines.length).toBe(4 + facts.length + 1)
    }
  }

  for (const bad of HOSTILE) test(JSON.stringify(bad).slice(0, 60), () => check(bad))

  test('and anything else', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), check), { numRuns: 100 })
  })

  test('the angle brackets of Slack arrive as such', () => {
    const message = slackMessage(PUBLIC_URL, aDelivery({ reason: 'a <!channel> & b' }))
    expect(JSON.stringify(message)).toContain('Reason: a &lt;!channel&gt; &amp; b')
  })
})
