/** What the end of a call says about the other side. `neither`: nothing, the fault was ours. */
export type Health = 'well' | 'failing' | 'neither'

/** Leave to make one call; `settle` must follow. A probe is the one call that finds out whether it is over. */
export type Pass = { probe: boolean; settle(health: Health): void }

/** Milliseconds, but for the number of failures. */
export type CircuitLimits = { failures: number; within: number; rest: number }

/**
 * A circuit breaker: five failures within ten seconds open it, then one probe a second may pass, and the first
 * that goes well closes it. While it is open everybody else is told at once when to come back.
 */
export class Circuit {
  readonly #now: () => Date
  readonly #limits: CircuitLimits
  #failures: number[] = []
  #nextProbeAt: number | undefined
  #probing = false

  constructor(
    now: () => Date,
    limits: CircuitLimits = { failures: 5, within: 10_000, rest: 1_000 },
  ) {
    this.#now = now
    this.#limits = limits
  }

  get open(): boolean {
    return this.#nextProbeAt !== undefined
  }

  /** A pass, or the milliseconds to wait. */
  enter(): Pass | number {
    if (this.#nextProbeAt === undefined) return this.#pass(false)
    if (this.#probing) return this.#limits.rest
    const wait = this.#nextProbeAt - this.#now().getTime()
    if (wait > 0) return wait
    this.#probing = true
    return this.#pass(true)
  }

  #pass(probe: boolean): Pass {
    return {
      probe,
      settle: (health) => {
        if (probe) this.#probing = false
        if (health === 'failing') this.#fail(probe)
        else if (probe && health === 'well') this.#close()
      },
    }
  }

  #fail(probe: boolean): void {
    const now = this.#now().getTime()
    const { failures, within, rest } = this.#limits
    // Calls that left before it opened still fail now; they must not put off the probe.
    if (this.open && !probe) return
    this.#failures = [...this.#failures.filter((at) => now - at < within), now]
    if (probe || this.#failures.length >= failures) this.#nextProbeAt = now + rest
  }

  #close(): void {
    this.#nextProbeAt = undefined
    this.#failures = []
  }
}
