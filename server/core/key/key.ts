/** What a person gave to a program of theirs, so that it fetches tokens as they would. */
export type PersonalKey = {
  id: string
  personId: string
  name: string
  /** The first characters of its text. */
  prefix: string
  createdAt: Date
  expiresAt: Date
  endedAt: Date | null
  /** At most a minute behind. */
  lastUsedAt: Date | null
}

export const isAlive = ({ endedAt, expiresAt }: PersonalKey, now: Date) =>
  endedAt === null && now < expiresAt

/** How old the proof may be that the person is at the browser (OWASP ASVS 5.0 7.5.3), seconds. */
const FRESH = 300

/** Until when a session may make keys; null where the provider never said that it saw the person itself. */
export const freshUntil = (provedAt: Date | null): Date | null =>
  provedAt && new Date(provedAt.getTime() + FRESH * 1000)

export const isFresh = (provedAt: Date | null, now: Date) => {
  const until = freshUntil(provedAt)
  return until !== null && now < until
}

/** Whether the groups of a sign-in may still be believed. `most` is in seconds. */
export const isRecent = (signedInAt: Date | null, now: Date, most: number) =>
  signedInAt !== null && now.getTime() - signedInAt.getTime() < most * 1000

/** The name, or the first like it that is not taken: `laptop`, `laptop 2`. At most 64 characters. */
export function freeName(name: string, taken: readonly string[]): string {
  for (let count = 1; ; count++) {
    const tail = count === 1 ? '' : ` ${count}`
    const free = `${[...name].slice(0, 64 - tail.length).join('')}${tail}`
    if (!taken.includes(free)) return free
  }
}
