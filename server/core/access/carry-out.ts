import { createHash } from 'node:crypto'
import type { AuditEvent } from '../audit/event.ts'
import { connectArn, type Database, type Endpoint } from '../catalog/catalog.ts'
import { DomainError } from '../error.ts'
import type { Grant } from './grant.ts'
import type { Plan } from './plan-mint.ts'
import type { AssumeRole, MintStore, RoleSession, SignedToken, SignToken } from './ports.ts'

type Deps = {
  mint: Pick<MintStore, 'conclude'>
  assumeRole: AssumeRole
  signToken: SignToken
}

/** Of which intent, for the events of its outcome. */
export type About = Pick<AuditEvent<'token.issued'>, 'actor' | 'requestId' | 'address'> & {
  intentId: string
}

export type IssuedToken = SignedToken & { grant: Grant; database: Database; endpoint: Endpoint }

/**
 * What follows a committed intent: AWS, outside any transaction; then T2 commits the outcome, and only then is there an answer.
 * Errors: upstream, timeout, unavailable. With any of them there is no token.
 */
export function carryOut(deps: Deps) {
  return async (plan: Plan, about: About, intendedAt: Date): Promise<IssuedToken> => {
    const { grant, database, endpoint } = plan
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
      const code = failureOf(error)
      const detail = { grant: id, team, database: database.name, code, ...plan.via }
      const failed = { ...about, action: 'token.failed', subject: database.name, detail } as const
      // Where this cannot be written either, the reaper closes the intent.
      await deps.mint.conclude(failed, intendedAt).catch(() => {})
      throw error
    }
    await deps.mint.conclude({ ...about, ...outcomeOf(plan, session, signed) }, intendedAt)
    return { ...signed, grant, database, endpoint }
  }
}

const outcomeOf = (plan: Plan, session: RoleSession, signed: SignedToken) => {
  const { grant, database, endpoint, role, name, via } = plan
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
      ...via,
    },
  } as const satisfies Pick<AuditEvent<'token.issued'>, 'action' | 'subject' | 'detail'>
}

const failureOf = (error: unknown) =>
  error instanceof DomainError ? (error.reason ?? error.code) : 'internal'
