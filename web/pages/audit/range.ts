import { instantOf, localField } from '../database/start.ts'
import { day, timeOfDay } from '../../lib/format.ts'
import { LAST, type AuditWish, type Last, type Zone } from './wish.ts'

export const LAST_LABELS: Record<Last, string> = {
  '24h': '24 h',
  '7d': '7 d',
  '30d': '30 d',
  '1y': '1 y',
}
const LAST_WORDS: Record<Last, string> = {
  '24h': 'last 24 hours',
  '7d': 'last 7 days',
  '30d': 'last 30 days',
  '1y': 'last year',
}
export const lasts = Object.keys(LAST) as Last[]

/** What a `datetime-local` field shows for an instant in that zone. */
export const fieldOf = (instant: string | undefined, zone: Zone) => {
  if (!instant) return ''
  return zone === 'UTC' ? instant.slice(0, 16) : localField(Date.parse(instant))
}

/** The instant that the field means in that zone, ISO 8601 with Z; null where it means none. */
export const instantIn = (field: string, zone: Zone) =>
  instantOf(field && zone === 'UTC' ? `${field}Z` : field)

/** `25 Nov 2026, 10:00` */
export const shortMoment = (instant: string, zone: Zone) =>
  `${day(instant, zone)}, ${timeOfDay(instant, zone)}`

/** `25 Nov 2026, 10:00 to 12:00`; the day is said once where it is one. */
export function spanText(from: string, to: string, zone: Zone) {
  const isOneDay = day(from, zone) === day(to, zone)
  return `${shortMoment(from, zone)} to ${isOneDay ? timeOfDay(to, zone) : shortMoment(to, zone)}`
}

/** The range of a wish, in words; null where it asks for all. */
export function rangeText({ last, from, to, zone }: AuditWish): string | null {
  if (last) return LAST_WORDS[last]
  if (from && to) return spanText(from, to, zone)
  if (from) return `since ${shortMoment(from, zone)}`
  return to ? `before ${shortMoment(to, zone)}` : null
}
