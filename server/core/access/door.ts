import type { Database, Endpoint } from '../catalog/catalog.ts'
import { DomainError } from '../error.ts'
import { type Standing, WHY_BLOCKED } from './policy.ts'

/** Throws forbidden (`team_left`, `rule_gone`) or conflict (`grant_ended`) for a grant that will open nothing any more. */
export function refuseLost({ blocked, state }: Standing): void {
  if (blocked) throw new DomainError('forbidden', WHY_BLOCKED[blocked], { reason: blocked })
  if (state === 'ended')
    throw new DomainError('conflict', 'This access has ended.', {
      reason: 'grant_ended',
      mend: 'Ask for it again.',
    })
}

/** By its name in the catalog; the first without one. Throws invalid (`no_such_endpoint`), with those there are. */
export function endpointOf(database: Database, name?: string): Endpoint {
  const [first] = database.endpoints
  const endpoint =
    name === undefined ? first : database.endpoints.find((each) => each.name === name)
  if (!endpoint)
    throw new DomainError('invalid', `${database.name} has no such endpoint.`, {
      reason: 'no_such_endpoint',
      mend: `Choose one of ${database.endpoints.map((each) => each.name).join(', ')}.`,
    })
  return endpoint
}
