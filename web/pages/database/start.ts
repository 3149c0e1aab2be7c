const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
/** How far ahead access may begin; the portal decides again, by its own clock. */
const AHEAD = 7 * DAY

/** `2026-11-25T17:40` in the reader's time zone, as a `datetime-local` field has it. @param at milliseconds */
export function localField(at: number) {
  const date = new Date(at)
  const two = (value: number) => String(value).padStart(2, '0')
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-')
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`
}

/**
 * The instant that a field of the reader's time zone means, ISO 8601 with Z, or null where it means none.
 * A time that a clock shows twice is the first of the two; one that it skips is as much later as it skips.
 */
export function instantOf(field: string): string | null {
  const at = new Date(field)
  return field && !Number.isNaN(at.getTime()) ? at.toISOString() : null
}

/** The earliest and the latest that the field offers at `now`. */
export const startRange = (now: number) => ({
  min: localField(Math.ceil((now + MINUTE) / MINUTE) * MINUTE),
  max: localField(Math.floor((now + AHEAD) / MINUTE) * MINUTE),
})

/** What is wrong with this start, in words; null when nothing is. */
export function whyNotStart(instant: string | null, now: number): string | null {
  if (instant === null) return 'Choose a day and a time.'
  const at = Date.parse(instant)
  if (at < now) return 'That start has passed. Choose a later one.'
  return at > now + AHEAD ? 'That start is too far ahead. Choose one within 7 days.' : null
}
