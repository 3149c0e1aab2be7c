import { isIPv6 } from 'node:net'
import type { AuditEvent } from '../core/audit/event.ts'
import { eventValues, INSERT_EVENT } from './audit.ts'
import { guarded } from './failure.ts'
import type { Store } from './store.ts'

/** Downloads by nobody known that are recorded in one hour, of all networks together. */
const AN_HOUR = 1_000

/** Both rows in one statement, so that they commit together. */
const SELDOM = {
  name: 'record_seldom',
  text: `WITH hour AS (SELECT date_trunc('hour', clock_timestamp()) AS now), first AS (
      INSERT INTO anonymous_download (hour, network, file)
      SELECT now, $8, coalesce($3, '') FROM hour
       WHERE (SELECT count(*) FROM anonymous_download d WHERE d.hour = now) < ${AN_HOUR}
      ON CONFLICT DO NOTHING RETURNING hour
    )
    ${INSERT_EVENT} SELECT $1, $2, $3, $4, $5::uuid, $6, $7 FROM first`,
}

/** Writes the event unless this network has one of this hour about the same subject, or the hour has enough. */
export const recordSeldom = ({ pool }: Pick<Store, 'pool'>, event: AuditEvent): Promise<void> =>
  guarded(
    async () =>
      void (await pool.query({
        ...SELDOM,
        values: [...eventValues(event), networkOf(event.address ?? '')],
      })),
  )

/** An IPv4 address is its own network; of an IPv6 address its first 64 bits are. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  if (!isIPv6(plain)) return plain
  const [head = '', tail] = plain.replace(/%.*$/, '').split('::')
  const groups = (text: string) => (text === '' ? [] : text.split(':'))
  const [left, right] = [groups(head), groups(tail ?? '')]
  const gap = tail === undefined ? 0 : 8 - left.length - right.length
  const whole = [...left, ...Array<string>(Math.max(gap, 0)).fill('0'), ...right]
  return `${whole
    .slice(0, 4)
    .map((group) => parseInt(group, 16).toString(16))
    .join(':')}::/64`
}
