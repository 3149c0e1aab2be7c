const FIRST = [5, 30, 120, 600]
const HOUR = 3600

/** With the hours after the first four, a message is tried for a day. */
export const MOST_ATTEMPTS = FIRST.length + 24

/**
 * Seconds until the next attempt after that many have failed: 5, 30, 120, 600, then every hour; null once it is given up.
 * `asked` is what the receiver asked for (Retry-After): a longer wait is kept to, up to an hour.
 */
export function waitAfter(attempts: number, asked = 0): number | null {
  if (attempts >= MOST_ATTEMPTS) return null
  return Math.max(FIRST[attempts - 1] ?? HOUR, Math.min(asked, HOUR))
}
