export type Span = { first: number; last: number }

const JUMP = 10
const STEPS: Record<string, (at: number, last: number) => number> = {
  ArrowRight: (at) => at + 1,
  ArrowLeft: (at) => at - 1,
  PageUp: (at) => at + JUMP,
  PageDown: (at) => at - JUMP,
  Home: () => 0,
  End: (_at, last) => last,
}

/**
 * Some bars beside each other, chosen by pointer or by keys.
 * Nothing is narrowed until the pointer is let go or Enter is pressed; Escape leaves everything as it was.
 */
export class Selection {
  /** The bar that keys move from; null until somebody has. */
  cursor = $state<number | null>(null)
  #anchor = $state<number | null>(null)
  /** A pointer is down. */
  dragging = $state(false)
  #count: () => number

  constructor(count: () => number) {
    this.#count = count
  }

  /** What is chosen so far. */
  span = $derived.by((): Span | null => {
    if (this.cursor === null) return null
    const anchor = this.#anchor ?? this.cursor
    return { first: Math.min(anchor, this.cursor), last: Math.max(anchor, this.cursor) }
  })

  press(bar: number) {
    this.#anchor = this.#within(bar)
    this.cursor = this.#anchor
    this.dragging = true
  }

  drag(bar: number) {
    if (this.dragging) this.cursor = this.#within(bar)
  }

  /** The pointer is let go: what it has chosen, if it had been down. */
  release(): Span | null {
    const span = this.dragging ? this.span : null
    this.cancel()
    return span
  }

  cancel() {
    this.dragging = false
    this.cursor = null
    this.#anchor = null
  }

  /** A key: `moved`, `cancelled`, what Enter applies, or null where the key is not ours. */
  key(key: string, isExtending: boolean): 'moved' | 'cancelled' | Span | null {
    const last = this.#count() - 1
    if (last < 0) return null
    if (key === 'Enter' || key === 'Escape') {
      const span = this.span
      if (!span) return null
      this.cancel()
      return key === 'Enter' ? span : 'cancelled'
    }
    const step = STEPS[key]
    if (!step) return null
    // The first key shows where one is: at the newest
    const from = this.cursor ?? (isExtending || key === 'Home' ? last : last + 1)
    if (!isExtending) this.#anchor = null
    else this.#anchor ??= this.#within(from)
    this.cursor = this.#within(step(from, last))
    return 'moved'
  }

  #within(bar: number) {
    return Math.max(0, Math.min(this.#count() - 1, bar))
  }
}
