import type { Database } from '../contract/database.ts'
import type { Grant } from '../contract/grant.ts'
import type { Offer, Reachable, StandingGrant } from '../core/access/list-databases.ts'
import { WHY_BLOCKED } from '../core/access/policy.ts'
import type { Endpoint } from '../core/catalog/catalog.ts'

/** What leaves is named field by field. */

export const viewGrant = (grant: StandingGrant): Grant => ({
  id: grant.id,
  requestId: grant.requestId,
  team: grant.team,
  database: grant.database,
  user: grant.user,
  reason: grant.reason,
  startsAt: grant.startsAt.toISOString(),
  endsAt: grant.endsAt.toISOString(),
  endedAt: grant.endedAt?.toISOString() ?? null,
  emergency: grant.emergency,
  ended: howEnded(grant),
  endReason: grant.endReason,
  state: grant.state,
  usable: grant.usable,
  blocked: grant.blocked && WHY_BLOCKED[grant.blocked],
})

const howEnded = ({ state, endedBy, personId }: StandingGrant) =>
  state !== 'ended'
    ? null
    : endedBy === null
      ? 'by_time'
      : endedBy === personId
        ? 'by_holder'
        : 'revoked'

export const viewEndpoint = ({ name, kind, signing, dial }: Endpoint) => ({
  name,
  kind,
  signing: { host: signing.host, port: signing.port },
  dial: { host: dial.host, port: dial.port },
})

const viewOffer = ({ rule, pending }: Offer) => ({
  team: rule.team,
  user: rule.user,
  longest: rule.duration,
  reason: rule.reason,
  reasonPattern: rule.reasonPattern,
  approval: rule.approval && { ...rule.approval, groups: [...rule.approval.groups] },
  emergency: rule.emergency && { longest: rule.emergency.duration },
  pending,
})

export const viewDatabase = ({ database, offers, grants }: Reachable): Database => ({
  name: database.name,
  engine: database.engine,
  region: database.region,
  account: database.account,
  dbname: database.dbname,
  environment: database.environment,
  description: database.description,
  tags: [...database.tags],
  endpoints: database.endpoints.map(viewEndpoint),
  offers: offers.map(viewOffer),
  grants: grants.map(viewGrant),
})

export const viewDatabases = ({ now, databases }: { now: Date; databases: Reachable[] }) => ({
  now: now.toISOString(),
  databases: databases.map(viewDatabase),
})
