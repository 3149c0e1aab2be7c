import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Delivery } from '../../server/core/notification/ports.ts'
import { failureOf } from '../../server/outgoing/delivery-error.ts'
import { sendMail } from '../../server/notify/email.ts'
import { type MailServer, readMail, startMailServer } from './mail-server.ts'
import { aText, PUBLIC_URL } from './scenes.ts'

const delivery: Delivery = {
  outboxId: '6f0c1f0e-52a1-4c0e-9a54-2c9f2f0b7c11',
  channel: 'email:lead@example.com',
  attempts: 1,
  topic: 'request.waiting',
  requestId: '0b7d5a34-8f6e-4c59-b3f0-5d1c2e7a9e40',
  text: aText(),
  createdAt: new Date('2026-11-25T09:00:00Z'),
}
const never = new AbortController().signal

let server: MailServer
beforeEach(async () => {
  server = await startMailServer()
})
afterEach(() => server.close())

const settings = (over: { url?: string; from?: string } = {}) => ({
  publicUrl: PUBLIC_URL,
  url: server.url,
  from: 'Latchkey <latchkey@example.com>',
  ...over,
})
const failing = (address: string, over = {}, what = delivery) =>
  sendMail(settings(over))(address, what, never).then(
    () => null,
    (error: unknown) => failureOf(error),
  )

describe('a mail', () => {
  test('is plain text for one reader, about one request, with an id that stays', async () => {
    const send = sendMail(settings())
    await send('lead@example.com', delivery, never)
    await send('lead@example.com', { ...delivery, attempts: 2 }, never)
    await send('other@example.com', delivery, never)

    expect(server.mails.map(({ from, to }) => [from, to])).toEqual([
      ['latchkey@example.com', ['lead@example.com']],
      ['latchkey@example.com', ['lead@example.com']],
      ['latchkey@example.com', ['other@example.com']],
    ])
    const [first, again, other] = server.mails.map(({ raw }) => readMail(raw))
    expect(first!.headers).toMatchObject({
      from: 'Latchkey <latchkey@example.com>',
      to: 'lead@example.com',
      references: `<${delivery.requestId}@latchkey.example.com>`,
      'auto-submitted': 'auto-generated',
      'content-type': 'text/plain; charset=utf-8',
    })
    expect(first!.text.replaceAll('\r\n', '\n').trim()).toBe(
      [
        'Ada Marín asks for orders_writer on orders (production).',
        '',
        `${PUBLIC_URL}/requests/${delivery.requestId}`,
        '',
        'Who: Ada Marín, team payments',
        'What: orders_writer on orders (production)',
        'For: 1h30m',
        'Reason: OPS-7: refund',
      ].join('\n'),
    )
    expect(first!.headers['message-id']).toMatch(/^<6f0c1f0e-.*@latchkey\.example\.com>$/)
    expect(again!.headers['message-id']).toBe(first!.headers['message-id'])
    expect(other!.headers['message-id']).not.toBe(first!.headers['message-id'])
  })

  test.each([
    'Ada\r\nBcc: everybody@example.com',
    'Ada\r\n\r\n<html>another body',
    'Ada\nTo: everybody@example.com\n',
    '=?utf-8?q?Ada=0D=0ABcc:_everybody@example.com?=',
    '\r\n.\r\nMAIL FROM:<evil@example.com>\r\nRCPT TO:<everybody@example.com>\r\nDATA\r\n',
    'x'.repeat(300),
  ])('has no header and no reader from what people typed: %j', async (bad) => {
    const words = { asker: bad, reason: bad, by: bad, comment: bad }
    await sendMail(settings())('lead@example.com', { ...delivery, text: aText(words) }, never)

    expect(server.mails).toHaveLength(1)
    expect(server.mails[0]!.to).toEqual(['lead@example.com'])
    const { names, text } = readMail(server.mails[0]!.raw)
    expect(names.sort()).toEqual([
      'auto-submitted',
      'content-transfer-encoding',
      'content-type',
      'date',
      'from',
      'message-id',
      'mime-version',
      'references',
      'subject',
      'to',
      'x-auto-response-suppress',
    ])
    expect(text).not.toMatch(/^(Bcc|To|RCPT TO|<html)/im)
  })

  test.each([
    'lead@example.com, everybody@example.com',
    'lead@example.com\r\nBcc: everybody@example.com',
    'lead@example.com>\r\nRCPT TO:<everybody@example.com',
    'Lead <lead@example.com>',
    'lead',
    '',
  ])('to what is no one address is never tried: %j', async (address) => {
    expect(await failing(address)).toEqual({ code: 'address_invalid', permanent: true })
    expect(server.mails).toEqual([])
  })
})

describe('did not arrive', () => {
  test.each([
    ['drops', /^E[A-Z]+$/],
    ['drops at data', /^E[A-Z]+$/],
    ['is busy', /^smtp_421$/],
    ['refuses people', /^smtp_550$/],
    ['is silent', /^ETIMEDOUT$/],
  ] as const)('where the server %s; and does once it is well', async (mood, code) => {
    server.mood = mood
    const failure = await failing('lead@example.com')
    expect(failure?.code).toMatch(code)
    expect(JSON.stringify(failure)).not.toContain('secret words')
    expect(server.mails).toEqual([])

    server.mood = 'well'
    expect(await failing('lead@example.com')).toBeNull()
    expect(server.mails).toHaveLength(1)
  })

  test('where nobody listens', async () => {
    const url = server.url
    await server.close()
    expect(await failing('lead@example.com', { url })).toMatchObject({
      code: expect.stringMatching(/^E(CONNECTION|CONNREFUSED|SOCKET)$/),
    })
  })
})

test('a password is sent to loopback, and to any other host encrypted or not at all', async () => {
  const login = (host: string) => `smtp://mailer:hunter2%40@${host}:${server.port}`
  expect(await failing('lead@example.com', { url: login('127.0.0.1') })).toBeNull()
  expect(server.passwords).toEqual(['hunter2@'])

  // The same server by an address that is not known as loopback: it offers no TLS.
  const failure = await failing('lead@example.com', { url: login('0.0.0.0') })
  expect(failure?.code).toMatch(/^ETLS$|^smtp_5\d\d$/)
  expect(server.passwords).toEqual(['hunter2@'])
  expect(server.mails).toHaveLength(1)
})
