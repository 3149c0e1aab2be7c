import type { Database } from '../../../server/contract/database.ts'
import { engineName } from '../../lib/format.ts'

export type Filter = { text: string; environment: string; team: string }

/** Every word must begin or occur in something that the row shows, or in an endpoint; a pasted `host:port` or URL finds its database. */
export function matches(database: Database, filter: Filter) {
  if (filter.environment && database.environment !== filter.environment) return false
  if (filter.team && !teamsOf(database).includes(filter.team)) return false
  const haystack = wordsOf(database)
  return wordsIn(filter.text).every((word) => haystack.includes(word))
}

export const teamsOf = (database: Database) => [
  ...new Set(database.offers.map((offer) => offer.team)),
]

/** What gives tokens now: what begins later is no way in yet, and what is blocked is none any more. */
export const openGrants = ({ grants }: Database) => grants.filter(({ usable }) => usable)

/** Those one can connect to at once come first; then by name. */
export function inOrder(databases: Database[]) {
  const rank = (database: Database) => (openGrants(database).length ? 0 : 1)
  return databases.toSorted((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name))
}

const wordsOf = (database: Database) =>
  [
    database.name,
    database.dbname,
    database.description,
    database.environment,
    database.engine,
    engineName(database.engine),
    database.region,
    database.account,
    ...database.tags,
    ...database.endpoints.flatMap(({ signing, dial }) => [signing.host, dial.host]),
    ...database.offers.flatMap(({ team, user }) => [team, user]),
  ]
    .join(' ')
    .toLowerCase()

/** `postgresql://me@host.rds.amazonaws.com:5432/orders` and `host.rds.amazonaws.com:5432` both become the host. */
function wordsIn(text: string) {
  return text
    .toLowerCase()
    .split(/\s+/)
    .map((word) => word.replace(/^[a-z]+:\/\/(?:[^@/]*@)?/, '').replace(/(\.[a-z]+):\d+.*$/, '$1'))
    .map((word) => (word.includes('.amazonaws.') ? word.replace(/\/.*$/, '') : word))
    .filter(Boolean)
}
