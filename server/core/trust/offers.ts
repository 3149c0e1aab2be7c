import type { Actor } from '../actor.ts'
import type { AuditEvent } from '../audit/event.ts'
import type { Catalog } from '../catalog/catalog.ts'
import { DomainError, notFound } from '../error.ts'
import type { LiveBundles } from './live-bundles.ts'
import { type Difference, ORIGINS, type Origin, readOffer } from './offer.ts'
import type { FetchTruststore, Offer, OfferStore } from './offer-ports.ts'

type Deps = {
  store: OfferStore
  bundles: LiveBundles
  catalog: () => Catalog
  /** Undefined where the portal may not fetch. */
  fetchTruststore: FetchTruststore | undefined
  record: (event: AuditEvent) => Promise<void>
  newId: () => string
  now: () => Promise<Date>
}
type By = Pick<AuditEvent, 'actor' | 'requestId' | 'address'>

export type Offers = ReturnType<typeof makeOffers>
export type WaitingOffer = Omit<Offer, 'pem'> & { difference: Difference }

/** CA bundles that somebody gave or that were fetched: nothing of them is used before an administrator accepts it. */
export function makeOffers({ store, bundles, catalog, fetchTruststore, record, newId, now }: Deps) {
  const offer = async (text: string, origin: Origin, by: By, person: string | null) => {
    if (bundles.overridden) throw overridden()
    const read = await readOrRecord(text, origin, by)
    const { added, gone, same } = read.difference
    // What changes nothing needs nobody to decide.
    if (added.length + gone.length === 0) return null
    const id = newId()
    return store.keepOffer(
      { id, origin, pem: read.pem, sha256: read.sha256, offeredBy: person },
      {
        ...by,
        action: 'ca.offered',
        subject: origin,
        detail: { offer: id, origin, sha256: read.sha256, ...counted({ added, gone, same }) },
      },
    )
  }

  /** A file that is not taken is in the log: somebody may have tried to be trusted. */
  const readOrRecord = async (text: string, origin: Origin, by: By) => {
    try {
      return readOffer(text, bundles.known(), await now())
    } catch (error) {
      if (error instanceof DomainError)
        await record({
          ...by,
          action: 'ca.refused',
          subject: origin,
          detail: { origin, why: error.reason ?? error.code },
        })
      throw error
    }
  }

  const decide = async (actor: Actor, id: string, state: 'accepted' | 'refused') => {
    const found = (await store.offers()).find((each) => each.id === id && each.state === 'waiting')
    if (!found) throw notFound()
    const { origin, sha256 } = found
    // Held against what is known by now: meanwhile another one may have been accepted. What cannot be used is refused all the same.
    await bundles.reload()
    const difference =
      state === 'accepted' ? readOffer(found.pem, bundles.known(), await now()).difference : NOTHING
    const event = { ...byPerson(actor), subject: origin }
    const done = await store.decideOffer(
      id,
      state,
      actor.personId,
      state === 'accepted'
        ? {
            ...event,
            action: 'ca.accepted',
            detail: { offer: id, origin, sha256, ...counted(difference) },
          }
        : {
            ...event,
            action: 'ca.refused',
            detail: { offer: id, origin, sha256, why: 'by_administrator' },
          },
    )
    if (!done) throw decided()
    await bundles.reload()
  }

  const refresh = async (by: By, person: string | null): Promise<number> => {
    if (!fetchTruststore) throw switchedOff()
    const partitions = new Set([...catalog().databases.values()].map(({ partition }) => partition))
    let offered = 0
    for (const origin of ORIGINS) {
      if (origin === 'upload' || !partitions.has(origin)) continue
      if ((await offer(await fetchTruststore(origin), origin, by, person)) !== null) offered++
    }
    return offered
  }

  return {
    overridden: bundles.overridden,
    canRefresh: fetchTruststore !== undefined,
    /** What waits, each with what it would change now, and what is in force. */
    list: async () => {
      const [all, at] = [await store.offers(), await now()]
      return {
        waiting: all
          .filter(({ state }) => state === 'waiting')
          .map(({ pem, ...rest }): WaitingOffer => ({
            ...rest,
            difference: differenceOr(() => readOffer(pem, bundles.known(), at).difference),
          })),
        accepted: all.filter(({ state }) => state === 'accepted'),
      }
    },
    /** An administrator gives a file. Null where it changes nothing. Errors: invalid, conflict (`file_overrides`). */
    upload: (actor: Actor, text: string) => offer(text, 'upload', byPerson(actor), actor.personId),
    /** The truststores of the catalog's partitions; how many of them have something new. Errors: as above, upstream, conflict (`refresh_off`). */
    refresh: (actor: Actor) => refresh(byPerson(actor), actor.personId),
    refreshByItself: () => refresh({ actor: 'portal', requestId: newId() }, null),
    /** Errors: not_found, conflict (`offer_decided`), invalid. */
    accept: (actor: Actor, id: string) => decide(actor, id, 'accepted'),
    refuse: (actor: Actor, id: string) => decide(actor, id, 'refused'),
  }
}

const NOTHING: Difference = { added: [], gone: [], same: [], passedOver: 0 }

/** What became unusable while it waited changes nothing, and says why when somebody accepts it. */
function differenceOr(read: () => Difference): Difference {
  try {
    return read()
  } catch (error) {
    if (error instanceof DomainError) return NOTHING
    throw error
  }
}

const byPerson = ({ personId, requestId, address }: Actor): By => ({
  actor: { person: personId },
  requestId,
  address,
})

const counted = ({ added, gone, same }: Pick<Difference, 'added' | 'gone' | 'same'>) => ({
  added: added.length,
  gone: gone.length,
  same: same.length,
})

const overridden = () =>
  new DomainError('conflict', 'CA_BUNDLE_FILE decides here which certificates are trusted.', {
    reason: 'file_overrides',
    mend: 'Take CA_BUNDLE_FILE out of the environment, or change that file.',
  })

const switchedOff = () =>
  new DomainError('conflict', 'This portal fetches no truststores.', {
    reason: 'refresh_off',
    mend: 'Set TRUSTSTORE_REFRESH=on, or give the file yourself.',
  })

const decided = () =>
  new DomainError('conflict', 'Somebody has decided on this bundle already.', {
    reason: 'offer_decided',
    mend: 'Look at the page again.',
  })
