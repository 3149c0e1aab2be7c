import type { Catalog } from '../catalog/catalog.ts'
import type { Record } from '../person/ports.ts'
import { endGrant } from './end-grant.ts'
import { issueToken } from './issue-token.ts'
import { listDatabases, listGrants, showDatabase, type StandingGrant } from './list-databases.ts'
import { standingOf } from './policy.ts'
import type { AccessStore, AssumeRole, MintStore, SignToken } from './ports.ts'
import { submitRequest } from './submit-request.ts'
import type { Actor } from '../actor.ts'
import type { Grant } from './grant.ts'

type Deps = {
  store: AccessStore
  mint: MintStore
  catalog: () => Catalog
  assumeRole: AssumeRole
  signToken: SignToken
  record: Record
  newId: () => string
}

export type Access = ReturnType<typeof makeAccess>

/** Everything one can do with access. */
export function makeAccess(deps: Deps) {
  const submit = submitRequest(deps)
  const end = endGrant(deps)
  const withStanding = (actor: Actor, grant: Grant, now: Date): StandingGrant => ({
    ...grant,
    ...standingOf(grant, now, deps.catalog(), actor.groups),
  })
  return {
    listDatabases: listDatabases(deps),
    showDatabase: showDatabase(deps),
    listGrants: listGrants(deps),
    submitRequest: async (actor: Actor, submission: Parameters<typeof submit>[1]) => {
      const grant = await submit(actor, submission)
      return withStanding(actor, grant, grant.startsAt)
    },
    endGrant: async (actor: Actor, id: string) => {
      const grant = await end(actor, id)
      return withStanding(actor, grant, grant.endedAt ?? grant.endsAt)
    },
    issueToken: issueToken(deps),
  }
}
