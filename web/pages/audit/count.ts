import type { AuditCount } from '../../../server/contract/audit.ts'
import { plural } from '../../lib/format.ts'

const NAMES = [
  { of: 1_000_000_000, name: 'billion' },
  { of: 1_000_000, name: 'million' },
]

/** `128 events`, `more than 10,000 events`, `about 1.2 million events`: never more exact than it is. */
export function countText({ is, count }: AuditCount): string {
  if (is === 'exact') return plural(count, 'event')
  if (is === 'atLeast') return `more than ${plural(count, 'event')}`
  return `about ${rounded(count)} events`
}

/** Two figures that count. */
function rounded(count: number): string {
  const figures = Number(count.toPrecision(2))
  const big = NAMES.find(({ of }) => figures >= of)
  return big
    ? `${(figures / big.of).toLocaleString('en')} ${big.name}`
    : figures.toLocaleString('en')
}
