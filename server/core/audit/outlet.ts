/**
 * Where the log goes besides the database: the places that anchor its checkpoints, and the streams of its events.
 * One portal at a time serves an outlet, by a lease, and any other may take over.
 */

/** Kind, colon, what it is. The portal has at most one of each. */
export type OutletName =
  'anchor:file' | 'anchor:s3' | 'anchor:witness' | 'stream:stdout' | 'stream:webhook'

/** A portal's turn at an outlet. */
export type Turn = {
  /** How much of the log has arrived there. */
  size: number
  /** How much of it is sealed. */
  sealed: number
  /** Attempts that failed since the last that did not. */
  failures: number
}

/** `ref` says where an anchor lies: the key of an object, the signature of a witness. */
export type Arrival = { size: number; ref?: string }

export type OutletStatus = {
  name: string
  /** How much of the log has arrived, and when something last did. */
  size: number
  at: Date | null
  /** How much of the log waits. */
  behind: number
  /** Null while nothing is wrong. `error` is a code: `timeout`, `http_500`, `no_object_lock`. */
  failing: { since: Date; attempts: number; error: string; nextAt: Date } | null
}

/** What is kept of outlets. Every call is a short transaction of its own. */
export type Outlets = {
  /** Makes it known; `from` counts only the first time. An outlet that is not served any more keeps its place. */
  open(name: OutletName, from: 'start' | 'now'): Promise<void>
  /**
   * The turn, for `lease` seconds, where there is more of the log than has arrived, its wait is over and nobody else has it.
   * With `hurry` the wait does not count.
   */
  take(name: OutletName, lease: number, hurry?: boolean): Promise<Turn | null>
  /** Keeps how far it came; the next turn is after `wait` seconds. False where another portal has the turn by now. */
  arrived(name: OutletName, arrival: Arrival, wait: number): Promise<boolean>
  /** Keeps why nothing arrived; the first time after something did is an event of the log. */
  failed(name: OutletName, code: string, wait: number): Promise<void>
  /** Gives up all turns of this portal. */
  release(): Promise<void>
  status(): Promise<OutletStatus[]>
}
