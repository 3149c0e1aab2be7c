import type { Actor } from '../actor.ts'
import type { Catalog } from '../catalog/catalog.ts'
import { notFound } from '../error.ts'
import type { Record as RecordEvent } from '../person/ports.ts'
import type { Grant, Review } from './grant.ts'
import {
  approvalsNeeded,
  approversOf,
  isAdministrator,
  mayEnd,
  mayReview,
  mayRevoke,
  maySee,
  rulesToApprove,
  standingOf,
  termsOf,
  whyNotDecide,
} from './policy.ts'
import type { AccessStore, RequestsWish } from './ports.ts'
import type { RequestFile } from './request.ts'
import { readRequests, refusedView } from './view-events.ts'
import { stateAfter } from './request-state.ts'
import type { StandingGrant } from './list-databases.ts'

type Deps = { store: AccessStore; catalog: () => Catalog; record: RecordEvent }

/** A request as one person sees it. */
export type SeenRequest = RequestFile & {
  grant: StandingGrant | null
  review: Review | null
  /** The name of whoever ended the grant. */
  ender: string | null
  approvals: { have: number; need: number | null }
  mine: boolean
  waitsForMe: boolean
}

export type Rights = Record<'decide' | 'withdraw' | 'end' | 'revoke' | 'review', boolean>

export type ShownRequest = {
  now: Date
  seen: SeenRequest
  /** What else that person holds, open now. */
  held: StandingGrant[]
  may: Rights
}

export type ListWish = {
  view: 'waiting' | 'mine' | 'all'
} & Pick<RequestsWish, 'state' | 'text' | 'before'>

/** Requests to a page. */
const PAGE = 50

/** What waits for this person, what is theirs, or (administrators) all of it; newest first. Not found where `all` is not theirs. */
export function listRequests({ store, catalog, record }: Deps) {
  return async (
    actor: Actor,
    { view, ...filter }: ListWish,
  ): Promise<{ now: Date; requests: SeenRequest[]; next: string | null }> => {
    const inForce = catalog()
    if (view === 'all' && !isAdministrator(inForce, actor.groups)) {
      await record(refusedView(actor, 'requests', null))
      throw notFound()
    }
    const { now, files } = await store.requests({
      ...filter,
      ...(view === 'mine' && { personId: actor.personId }),
      ...(view === 'waiting' && { waitingFor: waitingFor(inForce, actor) }),
      limit: PAGE + 1,
    })
    const page = files.slice(0, PAGE)
    if (view === 'all') await record(readRequests(actor, filter, page.length))
    const last = page.at(-1)
    return {
      now,
      requests: await seenBy(store, inForce, actor, page, now),
      next: files.length > PAGE && last ? last.request.id : null,
    }
  }
}

/** How many requests and emergencies this person could settle now. */
export function countWaiting({ store, catalog }: Pick<Deps, 'store' | 'catalog'>) {
  return (actor: Actor): Promise<number> => {
    const { personId, rules, everyReview } = waitingFor(catalog(), actor)
    return store.countWaiting(personId, rules, everyReview)
  }
}

/** One request with everything that a decision needs. Absent and not theirs to see are the same. */
export function showRequest(deps: Deps) {
  return async (actor: Actor, id: string): Promise<ShownRequest> => {
    const found = await deps.store.request(id)
    if (!found || !maySee(deps.catalog(), actor, found.request)) {
      await deps.record(refusedView(actor, 'request', id))
      throw notFound()
    }
    return pageFor(deps, actor, found)
  }
}

/** The same for whoever has just done something to it: what they did is done, also if they may not see it from now on. */
export function showDone(deps: Deps) {
  return async (actor: Actor, id: string): Promise<ShownRequest> => {
    const found = await deps.store.request(id)
    if (!found) throw notFound()
    return pageFor(deps, actor, found)
  }
}

async function pageFor(
  { store, catalog }: Deps,
  actor: Actor,
  found: RequestFile & { now: Date },
): Promise<ShownRequest> {
  const inForce = catalog()
  const { now, request, asker } = found
  const [seen] = await seenBy(store, inForce, actor, [found], now)
  const { grants } = await store.grantsOf(request.personId)
  const held = grants
    .map((grant) => ({ ...grant, ...standingOf(grant, now, inForce, asker.groups) }))
    .filter(({ state, requestId }) => state !== 'ended' && requestId !== request.id)
  return { now, seen: seen!, held, may: rightsOf(inForce, actor, seen!, now) }
}

function rightsOf(catalog: Catalog, actor: Actor, seen: SeenRequest, now: Date): Rights {
  const { request, grant, review } = seen
  const running = grant !== null && grant.state !== 'ended'
  return {
    decide:
      stateAfter(request, 'approve', now) !== null &&
      whyNotDecide(catalog, actor, request) === null,
    withdraw: stateAfter(request, 'withdraw', now) !== null && seen.mine,
    end: running && mayEnd(actor, grant),
    revoke: running && mayRevoke(catalog, actor, grant),
    review: grant?.emergency === true && !review && mayReview(catalog, actor, grant),
  }
}

const waitingFor = (catalog: Catalog, actor: Actor) => ({
  personId: actor.personId,
  rules: rulesToApprove(catalog, actor.groups),
  everyReview: isAdministrator(catalog, actor.groups),
})

async function seenBy(
  store: AccessStore,
  catalog: Catalog,
  actor: Actor,
  files: RequestFile[],
  now: Date,
): Promise<SeenRequest[]> {
  const found = await store.grantsFrom(files.map(({ request }) => request.id))
  const grants = new Map(found.map((one) => [one.grant.requestId, one]))
  return files.map((file) => {
    const { request, asker, decisions } = file
    const came = grants.get(request.id)
    // What a grant is worth follows from its holder's groups, not from those of whoever looks.
    const groups = request.personId === actor.personId ? actor.groups : asker.groups
    const standing = (grant: Grant) => ({ ...grant, ...standingOf(grant, now, catalog, groups) })
    const seen = {
      ...file,
      grant: came ? standing(came.grant) : null,
      review: came?.review ?? null,
      ender: came?.ender ?? null,
      approvals: {
        have: approversOf(catalog, file).length,
        need: approvalsNeeded(catalog, request),
      },
      mine: request.personId === actor.personId,
    }
    const { decide, review } = rightsOf(catalog, actor, { ...seen, waitsForMe: false }, now)
    const terms = termsOf(catalog, request)
    const decided = decisions.some(
      ({ by, terms: seen }) => by.id === actor.personId && seen === terms,
    )
    return { ...seen, waitsForMe: (decide && !decided) || review }
  })
}
