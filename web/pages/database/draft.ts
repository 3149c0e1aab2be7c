import { tabStored } from '../../lib/stored.ts'

/** What was typed into the access form: kept through an error, a sign-in, and "ask again". */
export type Draft = {
  user: string
  team: string
  seconds: number
  reason: string
  /** A later start as the field has it, in the reader's time zone; absent for at once. */
  start?: string
}

const key = (database: string) => `draft.${database}`

export const drafts = {
  read(database: string): Draft | null {
    const text = tabStored.read(key(database))
    if (!text) return null
    try {
      const draft: unknown = JSON.parse(text)
      return isDraft(draft) ? draft : null
    } catch {
      return null
    }
  },
  keep: (database: string, draft: Draft) => tabStored.write(key(database), JSON.stringify(draft)),
  drop: (database: string) => tabStored.remove(key(database)),
}

function isDraft(value: unknown): value is Draft {
  if (typeof value !== 'object' || value === null) return false
  const { user, team, seconds, reason, start } = value as Record<string, unknown>
  return (
    typeof user === 'string' &&
    typeof team === 'string' &&
    typeof seconds === 'number' &&
    typeof reason === 'string' &&
    (start === undefined || typeof start === 'string')
  )
}
