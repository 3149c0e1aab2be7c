export class TimeLimitExceeded extends Error {
  override readonly name = 'TimeLimitExceeded'
}

/**
 * Gives `work` this many milliseconds, then aborts its signal and rejects with TimeLimitExceeded.
 * It does not wait for the work to obey: a credential provider, for one, knows no signal.
 */
export async function withTimeLimit<T>(
  milliseconds: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const overdue = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new TimeLimitExceeded(`Took longer than ${milliseconds} ms`)
      reject(error)
      controller.abort(error)
    }, milliseconds)
  })
  try {
    return await Promise.race([work(controller.signal), overdue])
  } finally {
    clearTimeout(timer)
  }
}
