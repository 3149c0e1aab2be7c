const MINUTE = 60_000

/** How much attention the time that is left deserves. */
export type Phase = 'calm' | 'soon' | 'urgent' | 'over'

/** @param left milliseconds */
export function phase(left: number): Phase {
  if (left <= 0) return 'over'
  if (left < MINUTE) return 'urgent'
  return left < 3 * MINUTE ? 'soon' : 'calm'
}

/** `14:59`, or `1:02:03` from an hour on. Rounded up: `0:00` appears only when it is over. */
export function digits(left: number) {
  const total = Math.max(0, Math.ceil(left / 1000))
  const [hours, minutes, seconds] = [total / 3600, (total / 60) % 60, total % 60].map(Math.floor)
  const two = (value = 0) => String(value).padStart(2, '0')
  return hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`
}

export type Remark = { text: string; urgent: boolean }

/**
 * What a screen reader is told when the time left falls from `before` to `after`: at five minutes, at one, and at the end.
 * A tab that slept over several marks hears the last one only.
 */
export function remark(before: number, after: number): Remark | null {
  const passed = (mark: number) => before > mark && after <= mark
  if (passed(0)) {
    const text = 'The token has expired. Open sessions keep working. Renew it to open another.'
    return { text, urgent: true }
  }
  if (passed(MINUTE)) return { text: 'The token expires in 1 minute.', urgent: false }
  if (passed(5 * MINUTE)) return { text: 'The token expires in 5 minutes.', urgent: false }
  return null
}
