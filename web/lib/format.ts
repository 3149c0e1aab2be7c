const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** @param seconds → `45 s`, `15 min`, `1 h 30 min`, `2 days` */
export function duration(seconds: number) {
  if (seconds < MINUTE) return `${seconds} s`
  const days = Math.floor(seconds / DAY)
  const hours = Math.floor((seconds % DAY) / HOUR)
  const minutes = Math.floor((seconds % HOUR) / MINUTE)
  const parts = [
    days && `${days} ${days === 1 ? 'day' : 'days'}`,
    hours && `${hours} h`,
    minutes && `${minutes} min`,
  ]
  return parts.filter(Boolean).join(' ')
}

/** How much longer, roughly, in words: `12 min`, `3 h 20 min`, `2 days`. */
export function timeLeft(milliseconds: number) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000))
  if (seconds < MINUTE) return 'less than 1 min'
  if (seconds >= DAY) return duration(Math.floor(seconds / DAY) * DAY)
  return duration(Math.floor(seconds / MINUTE) * MINUTE)
}

type Zone = 'UTC' | undefined
const formats = new Map<string, Intl.DateTimeFormat>()

// The text of the product is English, so its dates are too; the time zone is the reader's
function format(date: number, options: Intl.DateTimeFormatOptions) {
  const key = JSON.stringify(options)
  const known = formats.get(key)
  const formatter = known ?? new Intl.DateTimeFormat('en-GB', { hourCycle: 'h23', ...options })
  formats.set(key, formatter)
  return formatter.format(date)
}

/** `17:40` */
export const timeOfDay = (instant: string, timeZone?: Zone) =>
  format(Date.parse(instant), { hour: '2-digit', minute: '2-digit', timeZone })

/** `25 Nov 2026` */
export const day = (instant: string, timeZone?: Zone) =>
  format(Date.parse(instant), { day: 'numeric', month: 'short', year: 'numeric', timeZone })

/** `Wednesday, 25 November 2026` */
export const longDay = (instant: string, timeZone?: Zone) =>
  format(Date.parse(instant), { dateStyle: 'full', timeZone })

/** `17:40:05` */
export const timeOfDayInFull = (instant: string, timeZone?: Zone) =>
  format(Date.parse(instant), {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZone,
  })

/** `25 Nov 2026, 17:40:05` */
export const moment = (instant: string, timeZone?: Zone) =>
  `${day(instant, timeZone)}, ${timeOfDayInFull(instant, timeZone)}`

/** An end, as short as it can be told at `now`: `17:40`, `tomorrow 09:00`, `28 Nov 2026, 09:00`. */
export function until(instant: string, now: number, timeZone?: Zone) {
  const time = timeOfDay(instant, timeZone)
  const date = day(instant, timeZone)
  if (date === day(new Date(now).toISOString(), timeZone)) return time
  const tomorrow = new Date(now + DAY * 1000).toISOString()
  return date === day(tomorrow, timeZone) ? `tomorrow ${time}` : `${date}, ${time}`
}

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

/** `just now`, `3 minutes ago`, `in 2 hours`, `yesterday` */
export function ago(instant: string, now: number) {
  const seconds = Math.round((Date.parse(instant) - now) / 1000)
  const distance = Math.abs(seconds)
  if (distance < 45) return 'just now'
  if (distance < 45 * MINUTE) return relative.format(Math.round(seconds / MINUTE), 'minute')
  if (distance < 22 * HOUR) return relative.format(Math.round(seconds / HOUR), 'hour')
  return relative.format(Math.round(seconds / DAY), 'day')
}

const ENGINES: Record<string, string> = {
  postgres: 'PostgreSQL',
  'aurora-postgresql': 'Aurora PostgreSQL',
  mysql: 'MySQL',
  'aurora-mysql': 'Aurora MySQL',
  mariadb: 'MariaDB',
}

export const engineName = (engine: string) => ENGINES[engine] ?? engine

/** Clients are shared within a family: `psql` opens both PostgreSQL and Aurora PostgreSQL. */
export const engineFamily = (engine: string) => (/postgres/.test(engine) ? 'postgresql' : 'mysql')

/** A line without control characters, as the audit log keeps it: a reason typed over several lines becomes one. */
export const oneLine = (text: string) => text.replace(/\p{Cc}+/gu, ' ').trim()

/** `AM` for `Ada Marin`, `a` for `ada@example.com`. */
export function initials(name: string) {
  const words = name.split(/\s+/).filter(Boolean)
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined]
  return letters.map((word) => [...(word ?? '')][0] ?? '').join('')
}

export const plural = (count: number, one: string, many = `${one}s`) =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`
