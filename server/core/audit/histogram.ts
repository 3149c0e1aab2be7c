import type { Outcome } from './outcome.ts'

/** Whether a count is exact; where counting stopped, how many there are at least or about. */
export type Count = { is: 'exact' | 'atLeast' | 'about'; count: number }

export type Bucket = { at: Date } & Record<Outcome, number>

export type Histogram = {
  /** Of all buckets; null where there are none. The first and the last bucket may be cut by them. */
  range: { from: Date; to: Date } | null
  seconds: number
  /** Oldest first, without gaps. */
  buckets: Bucket[]
  /** Not null where counting stopped: what is older is not in the buckets. */
  completeFrom: Date | null
}

const MINUTE = 60
const HOUR = 3600
const DAY = 86_400
/** Lengths of which an hour, a day or a week is a whole number of times, so that buckets begin where people expect it. */
const LENGTHS = [
  ...[1, 5, 10, 30].map((minutes) => minutes * MINUTE),
  ...[1, 3, 6, 12].map((hours) => hours * HOUR),
  ...[DAY, 7 * DAY, 28 * DAY],
]
const MOST = 100

/** How long a bucket should be, in seconds, for a range: the shortest with which there are at most about a hundred. */
export function bucketSeconds(from: Date, to: Date): number {
  const seconds = (to.getTime() - from.getTime()) / 1000
  const fit = LENGTHS.find((length) => seconds / length <= MOST)
  // A range of many years: as many days as it takes.
  return fit ?? Math.ceil(seconds / MOST / DAY) * DAY
}

/** Where the bucket of an instant begins. Weeks begin on Monday: 1970 began on a Thursday. UTC. */
export function bucketStart(at: Date, seconds: number): Date {
  const length = seconds * 1000
  const shift = seconds > DAY ? 4 * DAY * 1000 : 0
  return new Date(Math.floor((at.getTime() - shift) / length) * length + shift)
}
