import { type IncomingMessage, request as overHttp } from 'node:http'
import { request as overHttps } from 'node:https'
import { within } from './deadline.ts'
import { DeliveryError } from './delivery-error.ts'
import { isLoopback, lookupFor } from './reachable.ts'

/** From the first look-up to the status, milliseconds. */
const PATIENCE = 5_000

/** What of an answer is taken before the connection is cut: bytes, milliseconds. */
const MOST = { bytes: 65_536, time: 1_000 }

export type Answer = {
  status: number
  /** Seconds that the other side asked to wait; 0 where it did not. */
  retryAfter: number
  /** Resolves with what came of the body before it ended or was cut. */
  text: () => Promise<string>
}

/**
 * Posts once: over https, or http to loopback, and follows no redirect. Any status is an answer.
 * Throws DeliveryError, or the error of the network.
 */
export async function exchange(
  address: string,
  body: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<Answer> {
  const url = new URL(address)
  const plain = url.protocol === 'http:' && isLoopback(url.hostname)
  if (!plain && url.protocol !== 'https:') throw new DeliveryError({ code: 'address_refused' })
  return within(PATIENCE, signal, (signal) => answerOf(url, body, headers, signal))
}

function answerOf(url: URL, body: string, headers: Record<string, string>, signal: AbortSignal) {
  return new Promise<Answer>((resolve, reject) => {
    const request = (url.protocol === 'https:' ? overHttps : overHttp)(url, {
      method: 'POST',
      headers: {
        'content-length': Buffer.byteLength(body),
        'user-agent': 'latchkey',
        ...headers,
      },
      // A connection for each message: one that was kept may be dead, and nobody waits for it here.
      agent: false,
      lookup: lookupFor(url.hostname),
      signal,
    })
    request.on('error', reject)
    request.on('response', (response) => {
      const text = take(response)
      resolve({
        status: response.statusCode ?? 0,
        retryAfter: Number(response.headers['retry-after']) || 0,
        text: () => text,
      })
    })
    request.end(body)
  })
}

/** A short answer is let end in peace; a long or slow one is cut. Never fails. */
function take(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  const timer = setTimeout(() => response.destroy(), MOST.time)
  response.on('error', () => {})
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > MOST.bytes) response.destroy()
    else chunks.push(chunk)
  })
  return new Promise((resolve) =>
    response.on('close', () => {
      clearTimeout(timer)
      resolve(Buffer.concat(chunks).toString())
    }),
  )
}
