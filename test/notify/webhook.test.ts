import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Webhook } from 'standardwebhooks'
import type { Delivery } from '../../server/core/notification/ports.ts'
import { DeliveryError, failureOf } from '../../server/outgoing/delivery-error.ts'
import { postWebhook } from '../../server/notify/webhook.ts'
import { answers, type Receiver, silent, startReceiver, well } from './receiver.ts'
import { aText, PUBLIC_URL } from './scenes.ts'

const secretOf = (byte: number) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`
const send = postWebhook({
  publicUrl: PUBLIC_URL,
  secrets: [secretOf(1), secretOf(2)],
  now: () => new Date(),
})
const delivery: Delivery = {
  outboxId: '6f0c1f0e-52a1-4c0e-9a54-2c9f2f0b7c11',
  channel: 'webhook:default',
  attempts: 1,
  topic: 'request.waiting',
  requestId: '0b7d5a34-8f6e-4c59-b3f0-5d1c2e7a9e40',
  text: aText({ reason: 'line\nline <b>"ü😀' }),
  createdAt: new Date('2026-11-25T09:00:00.123Z'),
}
const never = new AbortController().signal
const codeOf = (address: string, signal = never) =>
  send(address, delivery, signal).then(
    () => 'arrived',
    (error: unknown) => failureOf(error).code,
  )

let receiver: Receiver
beforeEach(async () => {
  receiver = await startReceiver()
})
afterEach(() => receiver.down())

describe('a message', () => {
  test('verifies with each secret, and with no other', async () => {
    await send(`${receiver.url}/hook?key=1`, delivery, never)

    const [{ path, headers, body }] = receiver.received as [Receiver['received'][0]]
    expect(path).toBe('/hook?key=1')
    const signed = headers as Record<string, string>
    for (const byte of [1, 2])
      expect(new Webhook(secretOf(byte)).verify(body, signed)).toEqual(JSON.parse(body))
    expect(() => new Webhook(secretOf(3)).verify(body, signed)).toThrow(/signature/)
    expect(() => new Webhook(secretOf(1)).verify(`${body} `, signed)).toThrow(/signature/)
    const moved = { ...signed, 'webhook-id': 'other' }
    expect(() => new Webhook(secretOf(1)).verify(body, moved)).toThrow(/signature/)
  })

  test('says what happened, leads to the page, and holds what people typed as they typed it', async () => {
    await send(receiver.url, delivery, never)

    const { headers, body } = receiver.received[0]!
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-id': delivery.outboxId,
    })
    expect(JSON.parse(body)).toEqual({
      type: 'request.waiting',
      timestamp: '2026-11-25T09:00:00.123Z',
      data: {
        requestId: delivery.requestId,
        link: `${PUBLIC_URL}/requests/${delivery.requestId}`,
        sentence: 'Ada Marín asks for orders_writer on orders (production).',
        ...delivery.text,
      },
    })
  })
})

describe('did not arrive', () => {
  test.each([
    ['an error of the receiver', 500],
    ['a refusal', 403],
    ['not being there any more', 410],
  ])('by %s', async (_what, status) => {
    receiver.manner = answers(status)
    expect(await codeOf(receiver.url)).toBe(`http_${status}`)
  })

  test.each([301, 302, 303, 307, 308])(
    'by a redirect (%i), which nobody follows',
    async (status) => {
      const elsewhere = await startReceiver()
      receiver.manner = answers(status, { location: elsewhere.url })

      expect(await codeOf(receiver.url)).toBe(`http_${status}`)
      expect(receiver.received).toHaveLength(1)
      expect(elsewhere.received).toEqual([])
      await elsewhere.down()
    },
  )

  test('where nobody listens', async () => {
    await receiver.down()
    expect(await codeOf(receiver.url)).toBe('ECONNREFUSED')
  })

  test('within the time of an attempt', async () => {
    receiver.manner = silent
    expect(await codeOf(receiver.url)).toBe('timeout')
  })

  test('before the portal stopped', async () => {
    receiver.manner = silent
    const stop = new AbortController()
    const attempt = codeOf(receiver.url, stop.signal)
    await expect.poll(() => receiver.received.length, { timeout: 4_000 }).toBe(1)
    stop.abort(new DeliveryError({ code: 'stopped' }))
    expect(await attempt).toBe('stopped')
  })

  test('by a connection that is cut', async () => {
    receiver.manner = (response) => void response.socket?.destroy()
    expect(await codeOf(receiver.url)).toBe('ECONNRESET')
  })

  test('and when it is to be tried again is what the receiver says', async () => {
    receiver.manner = answers(429, { 'retry-after': '90' })
    const error = await send(receiver.url, delivery, never).catch((error: unknown) => error)
    expect(failureOf(error)).toEqual({ code: 'http_429', retryAfter: 90 })
  })

  test('and the error has nothing of the address and of the answer', async () => {
    receiver.manner = answers(500)
    const error = await send(`${receiver.url}/T0/hunter2?key=hunter2`, delivery, never).catch(
      (error: unknown) => error,
    )
    const all = JSON.stringify(error, Object.getOwnPropertyNames(error))
    expect(all).toContain('http_500')
    expect(all).not.toMatch(/hunter2|secret words|127\.0\.0\.1/)
  })
})

test('what is answered does not matter, however long it is or takes', async () => {
  receiver.manner = (response) => {
    response.writeHead(200)
    // Never ended, and read by nobody.
    const pour = () => {
      while (response.writable && response.write('x'.repeat(65_536)));
    }
    response.on('drain', pour)
    pour()
  }
  expect(await codeOf(receiver.url)).toBe('arrived')

  let cut = false
  receiver.manner = (response) => {
    response.on('close', () => (cut = true))
    response.writeHead(204)
    response.flushHeaders()
  }
  expect(await codeOf(receiver.url)).toBe('arrived')
  await expect.poll(() => cut, { timeout: 5_000 }).toBe(true)
})

describe('an address that leads where no receiver is is refused before anything is sent', () => {
  test.each([
    'http://hooks.example.com/',
    'http://10.0.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://[fe80::1]/',
    'https://[fd00:ec2::254]/',
    'https://[::ffff:169.254.169.254]/',
    'https://0.0.0.0/',
    'https://[::]/',
    'https://2852039166/',
    'https://255.255.255.255/',
    'ftp://hooks.example.com/',
  ])('%s', async (address) => {
    expect(await codeOf(address)).toBe('address_refused')
  })

  test('also by a name that leads to this machine', async () => {
    // RFC 6761 §6.3: whatever ends in .localhost is loopback, and resolvers say so; those that do not know it cannot lead there.
    expect(await codeOf(`https://hooks.localhost:${new URL(receiver.url).port}/`)).toMatch(
      /^(address_refused|ENOTFOUND|EAI_AGAIN)$/,
    )
    expect(receiver.received).toEqual([])
  })

  test('but loopback by its own name is what the operator meant', async () => {
    receiver.manner = well
    expect(await codeOf(receiver.url.replace('127.0.0.1', 'localhost'))).toBe('arrived')
  })
})
