import { stored } from '../../lib/stored.ts'
import { aUser, emptyDraft, type Draft } from './wish.ts'

/** What the browser keeps of a guide between two visits: setting a database up takes people and days. Nothing in it is secret. */
export type Kept = {
  draft: Draft
  /** Whether its guide was asked for, and is to be shown again. */
  written: boolean
  /** What the form was filled from, by ARN or name. */
  picked: string
}

const KEY = 'guide.draft'
const SAMPLE: Kept = {
  draft: {
    ...emptyDraft({ externalId: '', portal: null }),
    users: [aUser('postgres', '')],
  },
  written: false,
  picked: '',
}

export const kept = {
  /** Null where nothing is kept, or what an older page kept has another shape. */
  read(): Kept | null {
    try {
      const value: unknown = JSON.parse(stored.read(KEY) ?? 'null')
      return hasShapeOf(SAMPLE, value) ? value : null
    } catch {
      return null
    }
  },
  write: (value: Kept) => stored.write(KEY, JSON.stringify(value)),
  drop: () => stored.remove(KEY),
}

function hasShapeOf<T>(sample: T, value: unknown): value is T {
  if (Array.isArray(sample))
    return Array.isArray(value) && value.every((each) => hasShapeOf(sample[0], each))
  if (typeof sample !== 'object' || sample === null) return typeof value === typeof sample
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const known: Record<string, unknown> = { ...value }
  return Object.entries(sample).every(([key, part]) => hasShapeOf(part, known[key]))
}

/** The steps that somebody has ticked off, by database: another one begins anew. */
export const ticks = {
  read: (database: string): string[] =>
    (stored.read(`guide.done.${database}`) ?? '').split(',').filter(Boolean),
  write: (database: string, steps: readonly string[]) =>
    steps.length
      ? stored.write(`guide.done.${database}`, steps.join(','))
      : stored.remove(`guide.done.${database}`),
}
