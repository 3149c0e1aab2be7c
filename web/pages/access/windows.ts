import type { Grant } from '../../../server/contract/grant.ts'
import { until } from '../../lib/format.ts'

const isSameRule = (a: Grant, b: Grant) =>
  a.team === b.team && a.database === b.database && a.user === b.user

/**
 * The grants that make one unbroken window with this one: of the same rule, each beginning before the others end.
 * In the order of their starts; this one is among them.
 */
export function windowAround(grant: Grant, grants: readonly Grant[]): Grant[] {
  const rule = grants
    .filter((each) => each.state !== 'ended' && isSameRule(each, grant))
    .toSorted((a, b) => Date.parse(a.startsAt) - Date.parse(b.startsAt))
  let window: Grant[] = []
  let end = -Infinity
  for (const each of rule) {
    if (Date.parse(each.startsAt) > end) {
      if (window.includes(grant)) break
      window = []
      end = -Infinity
    }
    window.push(each)
    end = Math.max(end, Date.parse(each.endsAt))
  }
  return window.includes(grant) ? window : [grant]
}

const COUNTS = ['', 'one grant', 'two grants', 'three grants']

/** `Until 18:00, from two grants; ending one does not end the other.` Null where it is one grant only. */
export function windowText(grant: Grant, grants: readonly Grant[], now: number): string | null {
  const window = windowAround(grant, grants)
  if (window.length < 2) return null
  const end = window
    .map(({ endsAt }) => endsAt)
    .toSorted((a, b) => Date.parse(a) - Date.parse(b))
    .at(-1)
  const count = COUNTS[window.length] ?? `${window.length} grants`
  const others = window.length === 2 ? 'the other' : 'the others'
  return `Until ${until(end ?? grant.endsAt, now)}, from ${count}; ending one does not end ${others}.`
}
