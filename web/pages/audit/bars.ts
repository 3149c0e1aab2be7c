import type { AuditHistogram, Outcome } from '../../../server/contract/audit.ts'
import { day, plural, timeOfDay } from '../../lib/format.ts'
import { spanText } from './range.ts'
import type { Zone } from './wish.ts'

type Bucket = AuditHistogram['buckets'][number]
export type Segment = { kind: Outcome; y: number; height: number }
export type Bar = { x: number; width: number; segments: Segment[] }

/** In pixels: what was done stands above the middle line, what was not hangs below it, each to its own scale. */
export const CHART = { height: 112, middle: 72, gap: 3 }
const BELOW: readonly Outcome[] = ['refused', 'failed', 'unknown']
/** However rare something is, it can be seen. */
const SEEN = 3

export const undone = (bucket: Bucket) => bucket.refused + bucket.failed + bucket.unknown
export const isEmpty = (bucket: Bucket) => bucket.done + undone(bucket) === 0

/** The most that one bar has, above and below. */
export const peaks = (buckets: readonly Bucket[]) => ({
  done: Math.max(0, ...buckets.map(({ done }) => done)),
  undone: Math.max(0, ...buckets.map(undone)),
})

/** @param width of the whole chart in pixels */
export function barsOf(buckets: readonly Bucket[], width: number): Bar[] {
  const most = peaks(buckets)
  const step = width / Math.max(1, buckets.length)
  const above = CHART.middle - CHART.gap
  const below = CHART.height - CHART.middle - CHART.gap
  return buckets.map((bucket, at) => {
    const done = tall(bucket.done, most.done, above)
    const segments: Segment[] = [{ kind: 'done', y: CHART.middle - CHART.gap - done, height: done }]
    let y = CHART.middle + CHART.gap
    for (const kind of BELOW) {
      const height = tall(bucket[kind], most.undone, below)
      segments.push({ kind, y, height })
      y += height
    }
    const space = step > 4 ? Math.min(2, step / 4) : 0
    return {
      x: at * step + space / 2,
      width: Math.max(1, step - space),
      segments: segments.filter(({ height }) => height > 0),
    }
  })
}

const tall = (count: number, most: number, space: number) =>
  count === 0 ? 0 : Math.max(SEEN, (count / most) * space)

/** The instants that a run of bars stands for, from the start of the first to the end of the last. */
export function spanOf(histogram: AuditHistogram, first: number, last: number) {
  const { buckets, from, to } = histogram
  const start = first === 0 ? from : buckets[first]?.at
  const end = last + 1 < buckets.length ? buckets[last + 1]?.at : to
  return { from: start ?? '', to: end ?? '' }
}

/** `25 Nov 2026, 10:00 to 11:00: 12 done, 1 refused` */
export function barText(histogram: AuditHistogram, first: number, last: number, zone: Zone) {
  const { from, to } = spanOf(histogram, first, last)
  return `${spanText(from, to, zone)}: ${countsText(histogram.buckets.slice(first, last + 1))}`
}

export function countsText(buckets: readonly Bucket[]) {
  const sum = (kind: Outcome) => buckets.reduce((total, bucket) => total + bucket[kind], 0)
  const said = [
    [sum('done'), 'done'],
    [sum('refused'), 'refused'],
    [sum('failed'), 'failed'],
    [sum('unknown'), 'not known'],
  ] as const
  const parts = said.filter(([count]) => count > 0)
  if (parts.length === 0) return 'nothing'
  return parts.map(([count, word]) => `${count.toLocaleString('en')} ${word}`).join(', ')
}

/** What the whole picture says, for somebody who does not see it. */
export function summary(histogram: AuditHistogram, zone: Zone) {
  const { from, to, buckets } = histogram
  if (!from || !to || buckets.length === 0) return 'No events to draw.'
  const busiest = buckets.reduce((most, bucket, at) => {
    const best = buckets[most]
    return best && total(bucket) > total(best) ? at : most
  }, 0)
  return [
    `${plural(buckets.length, 'bar')}, ${spanText(from, to, zone)}.`,
    `Together: ${countsText(buckets)}.`,
    `The most: ${barText(histogram, busiest, busiest, zone)}.`,
  ].join(' ')
}
const total = (bucket: Bucket) => bucket.done + undone(bucket)

const DAY = 86_400
const ROOM = 84

/** Labels below the bars, no closer than they are wide. */
export function ticksOf(histogram: AuditHistogram, width: number, zone: Zone) {
  const { buckets, seconds } = histogram
  const step = width / Math.max(1, buckets.length)
  const every = Math.max(1, Math.ceil(ROOM / step))
  const isLong = buckets.length * seconds > 3 * DAY
  let before = ''
  return buckets.flatMap(({ at }, index) => {
    const x = index * step
    if (index % every !== 0 || x + ROOM / 2 > width) return []
    const date = day(at, zone).replace(/ \d{4}$/, '')
    const isNew = date !== before
    before = date
    return [{ x, text: isLong || (isNew && index > 0) ? date : timeOfDay(at, zone) }]
  })
}
