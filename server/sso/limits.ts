/** What one answer of the provider may cost us. */
export type Limits = {
  /** Milliseconds for the whole answer, connecting included. */
  time: number
  /** Bytes of its body, after decompression. */
  size: number
}

export const LIMITS: Limits = { time: 3_000, size: 64 * 1024 }

/** Metadata and keys are asked for again after this many milliseconds. */
export const FRESH = 10 * 60_000
/** A key that we do not know is looked for at most once in this many milliseconds. */
export const KEY_SEARCH = 60_000
