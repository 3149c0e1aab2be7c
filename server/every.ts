/**
 * Runs `work` now and then every `ms`, one at a time. A failure is told and the next round comes all the same:
 * what runs here mends what went wrong elsewhere, and must not end with the first outage of the database.
 */
export function every(
  ms: number,
  work: () => Promise<unknown>,
  tell: (details: object, message: string) => void,
) {
  let running: Promise<void> = Promise.resolve()
  let busy = false
  const round = () => {
    if (busy) return
    busy = true
    running = work()
      .then(
        () => undefined,
        (error: unknown) => tell({ err: error }, 'background work failed; it will be tried again'),
      )
      .finally(() => (busy = false))
  }
  round()
  const timer = setInterval(round, ms)
  return {
    /** Waits for the round that is running. */
    stop: async () => {
      clearInterval(timer)
      await running
    },
  }
}
