import { DeliveryError } from './delivery-error.ts'
import { exchange } from './exchange.ts'

/**
 * Posts JSON once: nothing of the answer is used but its status and Retry-After.
 * Throws DeliveryError, or the error of the network, unless the status is 2xx.
 */
export async function post(
  address: string,
  body: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<void> {
  const { status, retryAfter } = await exchange(
    address,
    body,
    { 'content-type': 'application/json', ...headers },
    signal,
  )
  if (status >= 200 && status < 300) return
  throw new DeliveryError({ code: `http_${status}`, ...(retryAfter > 0 && { retryAfter }) })
}
