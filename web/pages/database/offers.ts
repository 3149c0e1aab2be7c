import type { Database, Offer } from '../../../server/contract/database.ts'

/** What one may ask for beside what one has: the database users without an open window through the same team come first. */
export const newFirst = ({ offers, grants }: Pick<Database, 'offers' | 'grants'>) => {
  const isHeld = (offer: Offer) =>
    grants.some((grant) => grant.user === offer.user && grant.team === offer.team)
  return offers.toSorted((a, b) => Number(isHeld(a)) - Number(isHeld(b)))
}

/** One card per database user; several teams may offer the same one on other terms. */
export function byUser(offers: Offer[]) {
  const users = new Map<string, Offer[]>()
  for (const offer of offers) users.set(offer.user, [...(users.get(offer.user) ?? []), offer])
  return [...users].map(([user, terms]) => ({ user, terms }))
}

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const STEPS = [15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, DAY, 3 * DAY, 7 * DAY]

/** Short ones first, and always the longest: at most six, in seconds. */
export const presets = (longest: number) => [
  ...STEPS.filter((step) => step < longest).slice(0, 5),
  longest,
]

/** An hour does most jobs. */
export const usual = (longest: number) => Math.min(HOUR, longest)

/** Whole minutes as a number and a unit, for the fields of one's own duration. */
export const UNITS = [
  { name: 'minutes', seconds: MINUTE },
  { name: 'hours', seconds: HOUR },
  { name: 'days', seconds: DAY },
]
