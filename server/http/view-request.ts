import type { AccessRequest, Happening, Person, RequestPage } from '../contract/request.ts'
import { versionOf, WHY_NOT_DECIDE } from '../core/access/decide-request.ts'
import type { SeenRequest, ShownRequest } from '../core/access/list-requests.ts'
import { calledOf } from '../core/access/message.ts'
import { isProduction, termsOf, whyNotDecide } from '../core/access/policy.ts'
import type { Person as Someone } from '../core/access/request.ts'
import type { SignedIn } from '../core/actor.ts'
import type { Catalog } from '../core/catalog/catalog.ts'
import { findRule, roleFor } from '../core/catalog/rule-lookup.ts'
import { closeSessionsSql, denyConnect } from '../core/connect/close-sessions.ts'
import { viewEndpoint, viewGrant } from './view.ts'

export const viewPerson = ({
  id,
  name,
  email,
  subject,
}: Pick<Someone, 'id' | 'name' | 'email' | 'subject'>): Person => ({
  id,
  name,
  email,
  subject: subject.length > 8 ? `…${subject.slice(-8)}` : subject,
})

const instant = (at: Date | null) => at?.toISOString() ?? null

export const viewRequest = (catalog: Catalog, seen: SeenRequest): AccessRequest => {
  const { request, asker, grant, approvals, mine, waitsForMe } = seen
  return {
    id: request.id,
    person: viewPerson(asker),
    mine,
    team: request.team,
    database: request.database,
    environment: catalog.databases.get(request.database)?.environment ?? null,
    user: request.user,
    seconds: request.seconds,
    reason: request.reason,
    emergency: request.emergency,
    startsAt: instant(request.startsAt),
    createdAt: request.createdAt.toISOString(),
    lapsesAt: instant(request.lapsesAt),
    closedAt: instant(request.closedAt),
    state: request.state,
    approvals: { have: approvals.have, need: approvals.need },
    grant: grant && viewGrant(grant),
    waitsForMe,
  }
}

/** A request as the one who looks at it needs it, to decide or to follow it. */
export function viewRequestPage(
  catalog: Catalog,
  actor: SignedIn,
  { now, seen, held, may }: ShownRequest,
): RequestPage {
  const { request } = seen
  const why = whyNotDecide(catalog, actor, request)
  const environment = catalog.databases.get(request.database)?.environment
  return {
    now: now.toISOString(),
    request: viewRequest(catalog, seen),
    version: versionOf(catalog, request),
    opens: opens(catalog, seen),
    happenings: happenings(catalog, seen, now),
    held: held.map(viewGrant),
    may: { ...may },
    whyNot: request.state === 'pending' && why ? WHY_NOT_DECIDE[why] : null,
    typeName: isProduction(environment),
    closing: closing(catalog, seen),
  }
}

function opens(catalog: Catalog, { request }: SeenRequest): RequestPage['opens'] {
  const rule = findRule(catalog, request.team, request.database, request.user)
  const database = catalog.databases.get(request.database)
  if (!rule || !database) return null
  return {
    engine: database.engine,
    account: database.account,
    region: database.region,
    dbname: database.dbname,
    description: database.description,
    endpoints: database.endpoints.map(viewEndpoint),
    longest: rule.duration,
    approvers: [...(rule.approval?.groups ?? [])],
  }
}

function closing(catalog: Catalog, { grant }: SeenRequest): RequestPage['closing'] {
  const database = grant && catalog.databases.get(grant.database)
  const role = database && roleFor(catalog, grant.team, database.account)
  if (!database || !role) return null
  const about = { database, user: grant.user }
  return {
    sql: closeSessionsSql({ ...about, applicationName: `latchkey/${grant.id}` }),
    deny: denyConnect(about),
    role: role.arn,
  }
}

/** What happened to it, oldest first. What is still to come is not told. */
function happenings(
  catalog: Catalog,
  { request, asker, decisions, cancelled, grant, review, ender }: SeenRequest,
  now: Date,
): Happening[] {
  const told: (Omit<Happening, 'at'> & { at: Date })[] = []
  const tell = (
    at: Date,
    what: Happening['what'],
    by: string | null,
    text: string | null = null,
    counts = true,
  ) => told.push({ at, what, by, text, counts })
  const terms = termsOf(catalog, request)

  tell(request.createdAt, request.emergency ? 'opened' : 'asked', calledOf(asker), request.reason)
  for (const { by, verdict, comment, at, terms: seen } of decisions) {
    const eligible = whyNotDecide(catalog, { personId: by.id, groups: by.groups }, request) === null
    const counts = request.state !== 'pending' || (seen === terms && eligible)
    tell(at, verdict === 'approve' ? 'approved' : 'denied', calledOf(by), comment, counts)
  }
  if (request.closedAt && (request.state === 'withdrawn' || request.state === 'lapsed'))
    tell(request.closedAt, request.state, request.state === 'withdrawn' ? calledOf(asker) : null)
  if (request.closedAt && cancelled)
    tell(request.closedAt, 'cancelled', cancelled.by, cancelled.reason)
  if (grant) {
    if (grant.startsAt <= (grant.endedAt ?? now)) tell(grant.startsAt, 'started', null)
    if (grant.endedAt)
      tell(
        grant.endedAt,
        grant.endedBy === grant.personId ? 'ended' : 'revoked',
        ender,
        grant.endReason,
      )
    else if (grant.endsAt <= now) tell(grant.endsAt, 'ended', null)
  }
  if (review) tell(review.at, 'reviewed', review.by.name, review.comment)
  return told
    .toSorted((a, b) => a.at.getTime() - b.at.getTime())
    .map((one) => ({ ...one, at: one.at.toISOString() }))
}
