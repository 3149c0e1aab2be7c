const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
] as const

/** `2d`, `8h`, `30m`, `1h30m`: days, hours and minutes, in this order. */
export const DURATION = /^(?=[0-9])(?:([0-9]{1,3})d)?(?:([0-9]{1,4})h)?(?:([0-9]{1,5})m)?$/u

/** The shortest and the longest window that a rule may allow, seconds. */
export const SHORTEST = 60
export const LONGEST = 30 * 86_400

/** Seconds, or undefined when `text` is not written as durations are. */
export function parseDuration(text: string): number | undefined {
  const found = DURATION.exec(text)
  if (!found) return undefined
  return UNITS.reduce((sum, [, seconds], index) => sum + Number(found[index + 1] ?? 0) * seconds, 0)
}

/** Seconds as people read them and as the catalog writes them: `1h30m`. Zero is `0m`. */
export function durationText(seconds: number): string {
  let rest = Math.max(0, Math.round(seconds))
  const parts: string[] = []
  for (const [unit, size] of [...UNITS, ['s', 1] as const]) {
    const count = Math.floor(rest / size)
    if (count > 0) parts.push(`${count}${unit}`)
    rest -= count * size
  }
  return parts.join('') || '0m'
}

/** What somebody who wrote `90 minutes`, `3600` or `1w` most likely meant, or undefined. */
export function guessDuration(text: string): string | undefined {
  const found =
    /^\s*([0-9]{1,7})\s*(s|sec|seconds?|m|min|mins|minutes?|h|hrs?|hours?|d|days?|w|weeks?)?\s*$/iu.exec(
      text,
    )
  if (!found) return undefined
  const unit = (found[2] ?? 's')[0]?.toLowerCase()
  const size = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 }[unit ?? 's'] ?? 1
  const seconds = Math.ceil((Number(found[1]) * size) / 60) * 60
  return durationText(Math.min(Math.max(seconds, SHORTEST), LONGEST))
}
