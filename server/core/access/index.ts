import type { Actor } from '../actor.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { Record, SessionStore } from '../person/ports.ts'
import { decideRequest } from './decide-request.ts'
import { endDatabase, endGrant, revokeGrant } from './end-grant.ts'
import { endPerson } from './end-person.ts'
import type { Grant } from './grant.ts'
import { issueToken } from './issue-token.ts'
import { lapseRequests } from './lapse-requests.ts'
import { listDatabases, listGrants, showDatabase, type StandingGrant } from './list-databases.ts'
import { countWaiting, listRequests, showDone, showRequest } from './list-requests.ts'
import { standingOf } from './policy.ts'
import type { AccessStore, AssumeRole, MintStore, SignToken } from './ports.ts'
import { showDoor } from './show-door.ts'
import { reviewEmergency } from './review-emergency.ts'
import { takeKit } from './take-kit.ts'
import { submitRequest } from './submit-request.ts'
import { withdrawRequest } from './withdraw-request.ts'

type Deps = {
  store: AccessStore
  mint: MintStore
  sessions: Pick<SessionStore, 'find'>
  catalog: () => Catalog
  assumeRole: AssumeRole
  signToken: SignToken
  record: Record
  newId: () => string
}

export type Access = ReturnType<typeof makeAccess>

/** Everything one can do with access. What changes a request answers with its page as it is then. */
export function makeAccess(deps: Deps) {
  const end = endGrant(deps)
  const submit = submitRequest(deps)
  const withdraw = withdrawRequest(deps)
  const decide = decideRequest(deps)
  const revoke = revokeGrant(deps)
  const review = reviewEmergency(deps)
  const done = showDone(deps)
  const withStanding = (actor: Actor, grant: Grant, now: Date): StandingGrant => ({
    ...grant,
    ...standingOf(grant, now, deps.catalog(), actor.groups),
  })
  return {
    listDatabases: listDatabases(deps),
    showDatabase: showDatabase(deps),
    listGrants: listGrants(deps),
    listRequests: listRequests(deps),
    countWaiting: countWaiting(deps),
    showRequest: showRequest(deps),
    showDoor: showDoor(deps),
    takeKit: takeKit(deps),
    lapseRequests: lapseRequests(deps),
    submitRequest: async (actor: Actor, submission: Parameters<typeof submit>[1]) => {
      const { request } = await submit(actor, submission)
      return done(actor, request.id)
    },
    decideRequest: async (actor: Actor, id: string, said: Parameters<typeof decide>[2]) => {
      await decide(actor, id, said)
      return done(actor, id)
    },
    withdrawRequest: async (actor: Actor, id: string) => {
      await withdraw(actor, id)
      return done(actor, id)
    },
    endGrant: async (actor: Actor, id: string) => {
      const grant = await end(actor, id)
      return withStanding(actor, grant, grant.endedAt ?? grant.endsAt)
    },
    revokeGrant: async (actor: Actor, id: string, reason: string) => {
      const { requestId } = await revoke(actor, id, reason)
      return done(actor, requestId)
    },
    reviewEmergency: async (actor: Actor, grantId: string, comment: string) =>
      done(actor, await review(actor, grantId, comment)),
    endPerson: endPerson(deps),
    endDatabase: endDatabase(deps),
    issueToken: issueToken(deps),
  }
}
