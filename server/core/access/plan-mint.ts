import type { AuditDetail } from '../audit/event.ts'
import { type Catalog, type Database, type Endpoint, type TeamRole } from '../catalog/catalog.ts'
import { roleFor } from '../catalog/rule-lookup.ts'
import type { SignedIn } from '../actor.ts'
import { DomainError, notFound } from '../error.ts'
import { endpointOf, refuseLost } from './door.ts'
import type { Grant } from './grant.ts'
import { standingOf, WHY_BLOCKED } from './policy.ts'
import { sessionName } from './session-name.ts'

/** What the mint was judged to be: everything the signing needs, fixed when the intent was written. */
export type Plan = {
  personId: string
  grant: Grant
  database: Database
  endpoint: Endpoint
  role: TeamRole
  name: string
  via: Via | undefined
}

/** Of a token that a personal key fetched: which one, for the record. */
export type Via = Required<Pick<AuditDetail['token.intent'], 'via' | 'key' | 'keyPrefix'>>

/** Whose grant it is, with the groups that are believed at this moment. */
export type Holder = Omit<SignedIn, 'sessionId'>

/**
 * Not found before forbidden before conflict; what was loaded under the lock is what is judged.
 * Without a name it is the first endpoint.
 */
export function planMint(
  catalog: Catalog,
  found: { grant: Grant; holder: Holder; now: Date } | null,
  wanted: { endpoint: string | undefined; via?: Via },
): Plan {
  if (!found) throw notFound()
  const { grant, holder } = found
  const standing = standingOf(grant, found.now, catalog, holder.groups)
  refuseLost(standing)
  if (standing.state === 'scheduled')
    throw new DomainError('conflict', 'This access has not begun yet.', {
      reason: 'not_started',
      mend: `It begins at ${grant.startsAt.toISOString()}.`,
    })

  const database = catalog.databases.get(grant.database)
  const role = database && roleFor(catalog, grant.team, database.account)
  // The catalog is validated whole: a rule without its database or role cannot be loaded.
  if (!database || !role)
    throw new DomainError('forbidden', WHY_BLOCKED.rule_gone, { reason: 'rule_gone' })

  const endpoint = endpointOf(database, wanted.endpoint)
  const { personId } = holder
  return {
    personId,
    grant,
    database,
    endpoint,
    role,
    name: sessionName(holder),
    via: wanted.via,
  }
}

/** What the log is told before anything is signed. */
export const intentOf = ({ grant, database, endpoint, role, name, via }: Plan) =>
  ({
    action: 'token.intent',
    subject: database.name,
    detail: {
      grant: grant.id,
      team: grant.team,
      database: database.name,
      user: grant.user,
      endpoint: endpoint.name,
      role: role.arn,
      sessionName: name,
      ...via,
    },
  }) as const
