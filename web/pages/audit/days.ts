import type { AuditEntry } from '../../../server/contract/audit.ts'
import { longDay } from '../../lib/format.ts'
import type { Zone } from './wish.ts'

/** Events under the day that they happened on, in that zone; in the order that they come in. */
export function byDay(entries: readonly AuditEntry[], zone: Zone) {
  const days: { day: string; entries: AuditEntry[] }[] = []
  for (const entry of entries) {
    const day = longDay(entry.at, zone)
    const last = days.at(-1)
    if (last?.day === day) last.entries.push(entry)
    else days.push({ day, entries: [entry] })
  }
  return days
}
