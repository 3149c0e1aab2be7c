import { DeliveryError } from './delivery-error.ts'

/**
 * Runs `work` with a signal that fires after `ms`, or with `signal`; then the reason is the error, whatever `work` made of it.
 * The reason of the time is a DeliveryError, `timeout`.
 */
export async function within<T>(
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const own = new AbortController()
  const follow = () => own.abort(signal.reason)
  const timer = setTimeout(() => own.abort(new DeliveryError({ code: 'timeout' })), ms)
  signal.addEventListener('abort', follow, { once: true })
  if (signal.aborted) follow()
  try {
    return await work(own.signal)
  } catch (error) {
    throw own.signal.aborted ? own.signal.reason : error
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', follow)
  }
}
