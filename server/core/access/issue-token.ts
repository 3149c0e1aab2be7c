import { createHash } from 'node:crypto'
import type { Actor } from '../actor.ts'
import type { AuditEvent } from '../audit/event.ts'
import {
  type Catalog,
  connectArn,
  type Database,
  type Endpoint,
  type TeamRole,
} from '../catalog/catalog.ts'
import { roleFor } from '../catalog/rule-lookup.ts'
import { DomainError, notFound, notSignedIn } from '../error.ts'
import type { Record, SessionStore } from '../person/ports.ts'
import { endpointOf, refuseLost } from './door.ts'
import type { Grant } from './grant.ts'
import { standingOf, WHY_BLOCKED } from './policy.ts'
import type {
  AssumeRole,
  MintStore,
  MintSubject,
  RoleSession,
  SignedToken,
  SignToken,
} from './ports.ts'
import { refusalOf } from './refusal.ts'
import { sessionName } from './session-name.ts'

type Deps = {
  mint: MintStore
  sessions: Pick<SessionStore, 'find'>
  catalog: () => Catalog
  assumeRole: AssumeRole
  signToken: SignToken
  record: Record
  newId: () => string
}

/** Who asks, by the key of their session. */
export type Asker = { key: string } & Pick<Actor, 'address' | 'requestId'>

/** What the mint was judged to be: everything the signing needs, fixed when the intent was written. */
type Plan = {
  personId: string
  grant: Grant
  database: Database
  endpoint: Endpoint
  role: TeamRole
  name: string
}

export type IssuedToken = SignedToken & { grant: Grant; database: Database; endpoint: Endpoint }

/**
 * One token for one endpoint of one grant.
 *
 * T1 judges under the lock and commits the intent: the point that ending a grant races with.
 * Then AWS, outside any transaction. T2 commits the outcome, and only then is there an answer.
 * Errors: unauthenticated, not_found, forbidden (`team_left`, `rule_gone`), conflict (`not_started`, `grant_ended`), invalid (`no_such_endpoint`),
 * and what AWS or the store make impossible: upstream, timeout, unavailable. With any of them there is no token.
 */
export function issueToken(deps: Deps) {
  return async (asker: Asker, grantId: string, endpointName: string): Promise<IssuedToken> => {
    const intentId = deps.newId()
    const by = ({ personId }: { personId: string }) => ({
      actor: { person: personId },
      requestId: asker.requestId,
      address: asker.address,
    })

    const judge = (found: MintSubject | null) => {
      const plan = planMint(deps.catalog(), found, endpointName)
      return { plan, event: { ...by(plan), intentId, ...intentOf(plan) } }
    }
    const intent = await deps.mint.intend(grantId, asker.key, judge).catch(async (error) => {
      const why = refusalOf(error)
      if (why === undefined) throw error
      // Nothing found is either nobody, or somebody without this grant: only the latter is refused.
      const session = await deps.sessions.find(asker.key)
      if (!session) throw notSignedIn()
      const detail = { grant: grantId, why }
      await deps.record({
        ...by(session.actor),
        action: 'token.refused',
        subject: grantId,
        detail,
      })
      throw error
    })

    const { plan, now: intendedAt } = intent
    const { grant, database, endpoint } = plan
    const about = { ...by(plan), intentId }
    let session: RoleSession
    let signed: SignedToken
    try {
      session = await deps.assumeRole({
        roleArn: plan.role.arn,
        externalId: plan.role.externalId,
        sessionName: plan.name,
        region: database.region,
        connectArn: connectArn(database, grant.user),
      })
      const { host, port } = endpoint.signing
      signed = await deps.signToken({
        host,
        port,
        region: database.region,
        user: grant.user,
        session,
      })
    } catch (error) {
      const { id, team } = grant
      const detail = { grant: id, team, database: database.name, code: failureOf(error) }
      const failed = { ...about, action: 'token.failed', subject: database.name, detail } as const
      // Where this cannot be written either, the reaper closes the intent.
      await deps.mint.conclude(failed, intendedAt).catch(() => {})
      throw error
    }
    await deps.mint.conclude({ ...about, ...outcomeOf(plan, session, signed) }, intendedAt)
    return { ...signed, grant, database, endpoint }
  }
}

/** Not found before forbidden before conflict; what was loaded under the lock is what is judged. */
function planMint(catalog: Catalog, found: MintSubject | null, endpointName: string): Plan {
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

  const endpoint = endpointOf(database, endpointName)
  const { personId } = holder
  return { personId, grant, database, endpoint, role, name: sessionName(holder) }
}

const intentOf = ({ grant, database, endpoint, role, name }: Plan) =>
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
    },
  }) as const

const outcomeOf = (plan: Plan, session: RoleSession, signed: SignedToken) => {
  const { grant, database, endpoint, role, name } = plan
  return {
    action: 'token.issued',
    subject: database.name,
    detail: {
      grant: grant.id,
      team: grant.team,
      database: database.name,
      user: grant.user,
      endpoint: endpoint.name,
      host: endpoint.signing.host,
      port: endpoint.signing.port,
      region: database.region,
      role: role.arn,
      sessionName: name,
      accessKeyId: session.accessKeyId,
      stsRequestId: session.stsRequestId,
      expiresAt: signed.expiresAt.toISOString(),
      // The token itself is never written down: these two are enough to recognise it.
      tokenSha256: createHash('sha256').update(signed.token).digest('hex'),
      tokenLength: signed.token.length,
    },
  } as const satisfies Pick<AuditEvent<'token.issued'>, 'action' | 'subject' | 'detail'>
}

const failureOf = (error: unknown) =>
  error instanceof DomainError ? (error.reason ?? error.code) : 'internal'
