import { duration } from '../../lib/format.ts'

const HOUR = 3600

/** What one may choose from: the usual ones that are allowed, and the longest. In seconds. */
export function lifetimes(longest: number): { seconds: number; label: string }[] {
  const usual = [HOUR, 4 * HOUR, 8 * HOUR, 24 * HOUR, 7 * 24 * HOUR]
  return [...usual.filter((seconds) => seconds < longest), longest].map((seconds) => ({
    seconds,
    label: duration(seconds),
  }))
}

/** A working day, or as long as is allowed. */
export const usualLifetime = (longest: number) => Math.min(longest, 12 * HOUR)
