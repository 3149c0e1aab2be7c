import type { Actor } from '../actor.ts'
import type { Catalog } from '../catalog/catalog.ts'
import { notSignedIn } from '../error.ts'
import type { Record, SessionStore } from '../person/ports.ts'
import { carryOut, type IssuedToken } from './carry-out.ts'
import { intentOf, planMint } from './plan-mint.ts'
import type { AssumeRole, MintStore, MintSubject, SignToken } from './ports.ts'
import { refusalOf } from './refusal.ts'

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

/**
 * One token for one endpoint of one grant.
 *
 * T1 judges under the lock and commits the intent: the point that ending a grant races with.
 * Then AWS, outside any transaction. T2 commits the outcome, and only then is there an answer.
 * Errors: unauthenticated, not_found, forbidden (`team_left`, `rule_gone`), conflict (`not_started`, `grant_ended`), invalid (`no_such_endpoint`),
 * and what AWS or the store make impossible: upstream, timeout, unavailable. With any of them there is no token.
 */
export function issueToken(deps: Deps) {
  const carry = carryOut(deps)
  return async (asker: Asker, grantId: string, endpointName: string): Promise<IssuedToken> => {
    const intentId = deps.newId()
    const by = ({ personId }: { personId: string }) => ({
      actor: { person: personId },
      requestId: asker.requestId,
      address: asker.address,
    })

    const judge = (found: MintSubject | null) => {
      const plan = planMint(deps.catalog(), found, { endpoint: endpointName })
      return { plan, event: { ...by(plan), intentId, ...intentOf(plan) } }
    }
    const { plan, now } = await deps.mint.intend(grantId, asker.key, judge).catch(async (error) => {
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

    return carry(plan, { ...by(plan), intentId }, now)
  }
}
