import type { Actor } from '../actor.ts'
import type { AccessRule, Catalog, Database } from '../catalog/catalog.ts'
import { rulesOf } from '../catalog/rule-lookup.ts'
import { notFound } from '../error.ts'
import type { Record } from '../person/ports.ts'
import type { Grant } from './grant.ts'
import { UNKNOWN } from './known-names.ts'
import { type Standing, standingOf } from './policy.ts'
import type { AccessStore } from './ports.ts'
import { refusedView } from './view-events.ts'
import type { AccessRequest } from './request.ts'

export type StandingGrant = Grant & Standing
/** A rule that one may ask for, and one's own open request under it. */
export type Offer = { rule: AccessRule; pending: string | null }
/** A database as one person sees it: what they may ask for, and what they have. */
export type Reachable = { database: Database; offers: Offer[]; grants: StandingGrant[] }

type Deps = { store: AccessStore; catalog: () => Catalog }

/** Every grant of the person, with what it is worth now. */
export function listGrants({ store, catalog }: Deps) {
  return async (actor: Actor): Promise<{ now: Date; grants: StandingGrant[] }> => {
    const { now, grants } = await store.grantsOf(actor.personId)
    const withStanding = (grant: Grant) => ({
      ...grant,
      ...standingOf(grant, now, catalog(), actor.groups),
    })
    return { now, grants: grants.map(withStanding) }
  }
}

/** The databases that the person's teams may reach, in the order of the catalog. */
export function listDatabases(deps: Deps) {
  return async (actor: Actor): Promise<{ now: Date; databases: Reachable[] }> => {
    const [{ now, grants }, { files }] = await Promise.all([
      listGrants(deps)(actor),
      deps.store.requests({ personId: actor.personId, state: 'pending', limit: 200 }),
    ])
    const open = byDatabase(grants.filter((grant) => grant.state !== 'ended'))
    const pendingUnder = (rule: AccessRule) =>
      files.find(({ request }) => isUnder(rule, request))?.request.id ?? null
    const offered = byDatabase(rulesOf(deps.catalog(), actor.groups))
    const databases = [...deps.catalog().databases.values()].flatMap((database) => {
      const offers = offered.get(database.name)
      if (!offers) return []
      const withPending = offers.map((rule) => ({ rule, pending: pendingUnder(rule) }))
      return [{ database, offers: withPending, grants: open.get(database.name) ?? [] }]
    })
    return { now, databases }
  }
}

/** One of them. Absent and not yours are the same. */
export function showDatabase(deps: Deps & { record: Record }) {
  const list = listDatabases(deps)
  return async (actor: Actor, name: string): Promise<{ now: Date; databases: Reachable[] }> => {
    const { now, databases } = await list(actor)
    const found = databases.filter(({ database }) => database.name === name)
    if (found.length === 0) {
      const known = deps.catalog().databases.has(name) ? name : UNKNOWN
      await deps.record(refusedView(actor, 'database', known))
      throw notFound()
    }
    return { now, databases: found }
  }
}

const isUnder = (rule: AccessRule, { team, database, user }: AccessRequest) =>
  rule.team === team && rule.database === database && rule.user === user

function byDatabase<T extends { database: string }>(things: readonly T[]): Map<string, T[]> {
  const found = new Map<string, T[]>()
  for (const thing of things) {
    const list = found.get(thing.database)
    if (list) list.push(thing)
    else found.set(thing.database, [thing])
  }
  return found
}
