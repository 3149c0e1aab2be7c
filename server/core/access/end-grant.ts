import type { Actor } from '../actor.ts'
import type { Catalog } from '../catalog/catalog.ts'
import { DomainError, notFound } from '../error.ts'
import type { Record } from '../person/ports.ts'
import { type Grant, isOpen } from './grant.ts'
import { UNKNOWN } from './known-names.ts'
import { messageOf } from './message.ts'
import { mayEnd, mayRevoke } from './policy.ts'
import type { AccessStore, AccessTx } from './ports.ts'
import { recordingRefusal, refuseSecret } from './refusal.ts'

type Deps = { store: AccessStore; catalog: () => Catalog; record: Record }

/**
 * The holder ends their own access, now. It wins over every mint whose intent is not committed.
 * A session that is already open in the database goes on: nothing here can close it.
 * Errors: not_found (absent, or somebody else's), conflict `grant_ended`. Refusals are recorded.
 */
export function endGrant({ store, catalog, record }: Deps) {
  return (actor: Actor, id: string): Promise<Grant> =>
    recordingRefusal(record, refusedGrant(actor, id), () =>
      store.transaction(async (tx) => {
        const found = await tx.lockGrant(id)
        if (!found || !mayEnd(actor, found.grant)) throw notFound()
        if (!isOpen(found.grant, found.now)) throw endedAlready()
        return end(tx, catalog(), actor, found.grant, null)
      }),
    )
}

/**
 * Somebody else ends it, with a reason: an approver of its rule, or an administrator.
 * Errors: not_found (absent, or not theirs to see), forbidden `own_grant`, conflict `grant_ended`. Refusals are recorded.
 */
export function revokeGrant({ store, catalog, record }: Deps) {
  return (actor: Actor, id: string, reason: string): Promise<Grant> =>
    recordingRefusal(record, refusedGrant(actor, id), () => {
      refuseSecret(reason)
      return store.transaction(async (tx) => {
        const found = await tx.lockGrant(id)
        if (found && mayEnd(actor, found.grant))
          throw new DomainError('forbidden', 'This access is your own.', {
            reason: 'own_grant',
            mend: 'End it instead.',
          })
        if (!found || !mayRevoke(catalog(), actor, found.grant)) throw notFound()
        if (!isOpen(found.grant, found.now)) throw endedAlready()
        return end(tx, catalog(), actor, found.grant, reason.trim())
      })
    })
}

/**
 * All access to a database ends at once, or none of it does. Administrators only: the scope of the route says so.
 * It is recorded also where there was nothing to end. Errors: invalid `looks_secret`, recorded.
 */
export function endDatabase({ store, catalog, record }: Deps) {
  return (actor: Actor, name: string, reason: string): Promise<number> => {
    const database = catalog().databases.has(name) ? name : UNKNOWN
    return recordingEnding(record, actor, { database }, reason, (about) =>
      store.transaction(async (tx) => {
        const grants = await tx.lockOpenGrants({ database: name })
        for (const grant of grants) await end(tx, catalog(), actor, grant, reason.trim())
        const detail = { database, reason: reason.trim(), grants: grants.length }
        await tx.record({ ...about, action: 'access.ended', detail })
        return grants.length
      }),
    )
  }
}

/** An administrator ends all of something, with a reason that holds no secret; what is refused is recorded. */
export function recordingEnding<T>(
  record: Record,
  actor: Actor,
  of: { person: string } | { database: string },
  reason: string,
  work: (about: ReturnType<typeof byAdministrator>) => Promise<T>,
): Promise<T> {
  const about = byAdministrator(actor, 'person' in of ? of.person : of.database)
  const refused = (why: string) =>
    ({ ...about, action: 'ending.refused', detail: { ...of, why } }) as const
  return recordingRefusal(record, refused, () => {
    refuseSecret(reason)
    return work(about)
  })
}

const byAdministrator = (actor: Actor, subject: string) => ({
  actor: { person: actor.personId },
  subject,
  requestId: actor.requestId,
  address: actor.address,
})

const refusedGrant = (actor: Actor, id: string) => (why: string) =>
  ({
    action: 'grant.refused',
    actor: { person: actor.personId },
    subject: id,
    requestId: actor.requestId,
    address: actor.address,
    detail: { grant: id, why },
  }) as const

/** A grant that is locked ends: its event, its message to the holder, and its pages. */
export async function end(
  tx: AccessTx,
  catalog: Catalog,
  actor: Actor,
  grant: Grant,
  reason: string | null,
): Promise<Grant> {
  const { id, requestId, personId, team, database, user } = grant
  const own = personId === actor.personId
  const ended = await tx.endGrant(id, actor.personId, reason)
  await tx.record({
    action: 'grant.ended',
    actor: { person: actor.personId },
    subject: database,
    requestId: actor.requestId,
    address: actor.address,
    detail: {
      grant: id,
      team,
      database,
      user,
      how: own ? 'by_holder' : 'revoked',
      ...(!own && { person: personId }),
      ...(reason !== null && { reason }),
    },
  })
  if (!own) {
    const file = await tx.lockRequest(requestId)
    await tx.tell(
      messageOf(
        catalog,
        'grant.revoked',
        file!.request,
        file!.asker,
        { people: [personId] },
        { by: actor, comment: reason },
      ),
    )
  }
  await tx.announce({ id: requestId, personId, team, database, user })
  return ended
}

const endedAlready = () =>
  new DomainError('conflict', 'This access has ended already.', { reason: 'grant_ended' })
