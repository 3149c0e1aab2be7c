import { type IncomingMessage, request as overHttp } from 'node:http'
import { request as overHttps } from 'node:https'
import { within } from './deadline.ts'
import { DeliveryError } from './delivery-error.ts'
import { isLoopback, lookupFor } from './reachable.ts'

/** From the first look-up to the status, milliseconds. */
const PATIENCE = 5_000

/** What of an answer is taken before the connection is cut: bytes, milliseconds. */
const MOST = { bytes: 65_536, time: 1_000 }

/**
 * Posts JSON once: over https, or http to loopback; no redirect is followed, and nothing of the answer is used but its status and Retry-After.
 * Throws DeliveryError, or the error of the network, unless the status is 2xx.
 */
export async function post(
  address: string,
  body: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<void> {
  const url = new URL(address)
  const plain = url.protocol === 'http:' && isLoopback(url.hostname)
  if (!plain && url.protocol !== 'https:') throw new DeliveryError({ code: 'address_refused' })
  const { status, retryAfter } = await within(PATIENCE, signal, (signal) =>
    answerOf(url, body, headers, signal),
  )
  if (status >= 200 && status < 300) return
  throw new DeliveryError({ code: `http_${status}`, ...(retryAfter > 0 && { retryAfter }) })
}

function answerOf(url: URL, body: string, headers: Record<string, string>, signal: AbortSignal) {
  return new Promise<{ status: number; retryAfter: number }>((resolve, reject) => {
    const request = (url.protocol === 'https:' ? overHttps : overHttp)(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
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
      resolve({
        status: response.statusCode ?? 0,
        retryAfter: Number(response.headers['retry-after']) || 0,
      })
      drain(response)
    })
    request.end(body)
  })
}

/** A short answer is let end in peace; nobody reads it. */
function drain(response: IncomingMessage): void {
  let bytes = 0
  const timer = setTimeout(() => response.destroy(), MOST.time)
  response.on('close', () => clearTimeout(timer))
  response.on('error', () => {})
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > MOST.bytes) response.destroy()
  })
}
