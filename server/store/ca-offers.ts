import type { Offer, OfferStore } from '../core/trust/offer-ports.ts'
import { guarded } from './failure.ts'
import { recordIn, type Store } from './store.ts'

/** The PEM of each accepted bundle, the oldest first. */
export const acceptedBundles = (store: Store) => (): Promise<string[]> =>
  guarded(async () => {
    const rows = await store.prisma.caOffer.findMany({
      where: { state: 'accepted' },
      orderBy: { decidedAt: 'asc' },
      select: { pem: true },
    })
    return rows.map(({ pem }) => pem)
  })

/** CA bundles that were offered, and what became of them. */
export const offerStore = (store: Store): OfferStore => ({
  offers: () =>
    guarded(async () => {
      const rows = await store.prisma.caOffer.findMany({
        where: { state: { in: ['waiting', 'accepted'] } },
        orderBy: [{ decidedAt: 'asc' }, { offeredAt: 'asc' }],
      })
      return rows as Offer[]
    }),

  keepOffer: ({ id, origin, pem, sha256, offeredBy }, event) =>
    store.transaction(async (tx) => {
      // One at a time of an origin: two portals that fetch at once offer it once.
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(72707376, hashtext(${origin}))`
      const newest = await tx.caOffer.findFirst({
        where: { origin },
        orderBy: { offeredAt: 'desc' },
      })
      // Who gives a file again wants it looked at again; the portal asks once.
      if (newest?.sha256 === sha256 && (offeredBy === null || newest.state === 'waiting'))
        return null
      await tx.$executeRaw`
        UPDATE ca_offer SET state = 'replaced', decided_at = clock_timestamp() WHERE origin = ${origin} AND state = 'waiting'`
      await tx.caOffer.create({ data: { id, origin, pem, sha256, offeredBy } })
      await recordIn(tx, event)
      return id
    }),

  decideOffer: (id, state, by, event) =>
    store.transaction(async (tx) => {
      const changed = await tx.$executeRaw`
        UPDATE ca_offer SET state = ${state}, decided_at = clock_timestamp(), decided_by = ${by}::uuid
         WHERE id = ${id}::uuid AND state = 'waiting'`
      if (changed === 0) return false
      await recordIn(tx, event)
      return true
    }),
})
