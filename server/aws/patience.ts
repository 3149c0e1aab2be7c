import { TimeLimitExceeded } from './time-limit.ts'

type Deps = {
  /** In [0, 1), for the jitter. */
  random: () => number
  sleep: (milliseconds: number) => Promise<unknown>
  /** Of all calls together. */
  signal: AbortSignal
  isPassing: (thrown: unknown) => boolean
}

const FIRST_MS = 200
const LARGEST_MS = 5_000
const TRIES = 12

/**
 * Sends again what may go well in a moment, with full jitter between the tries, until the time of all is up
 * (AWS Architecture Blog, "Exponential Backoff And Jitter").
 */
export const patient =
  ({ random, sleep, signal, isPassing }: Deps) =>
  async <T>(call: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    for (let attempt = 0; ; attempt++) {
      if (signal.aborted) throw new TimeLimitExceeded('The time of this place is up')
      try {
        return await call(signal)
      } catch (error) {
        if (signal.aborted || attempt + 1 >= TRIES || !isPassing(error)) throw error
        await sleep(random() * Math.min(LARGEST_MS, FIRST_MS * 2 ** attempt))
      }
    }
  }
