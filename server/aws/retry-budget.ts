const SHARE = 0.2
const FLOOR = 2
const CEILING = 10
const QUIET = 10_000

/**
 * Keeps retries to a fifth of the first tries, so that a struggling STS is not loaded more than it was.
 * Who has not retried for ten seconds has two retries in hand: a lone caller must not need other callers first.
 */
export class RetryBudget {
  readonly #now: () => Date
  #left = FLOOR
  #spentAt = 0

  constructor(now: () => Date) {
    this.#now = now
  }

  /** To be called with each first try. */
  earn(): void {
    this.#left = Math.min(CEILING, this.#left + SHARE)
  }

  /** Whether one more retry may be made; then it is paid for. */
  spend(): boolean {
    const now = this.#now().getTime()
    if (now - this.#spentAt >= QUIET) this.#left = Math.max(this.#left, FLOOR)
    if (this.#left < 1) return false
    this.#left -= 1
    this.#spentAt = now
    return true
  }
}
