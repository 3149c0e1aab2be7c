import type { AuditEvent } from '../audit/event.ts'
import type { Origin } from './offer.ts'

export type Offer = {
  id: string
  origin: Origin
  pem: string
  sha256: string
  state: 'waiting' | 'accepted' | 'refused' | 'replaced'
  offeredAt: Date
  /** Null for the portal itself. */
  offeredBy: string | null
  decidedAt: Date | null
}

export interface OfferStore {
  /** Those that wait and those that are in force, in the order in which they were accepted. */
  offers(): Promise<Offer[]>
  /** Keeps it in place of one of the same origin that waits. Null where the newest of that origin is the same file. */
  keepOffer(
    offer: Pick<Offer, 'id' | 'origin' | 'pem' | 'sha256' | 'offeredBy'>,
    event: AuditEvent<'ca.offered'>,
  ): Promise<string | null>
  /** Moves it out of waiting. False where it does not wait any more. */
  decideOffer(
    id: string,
    state: 'accepted' | 'refused',
    by: string,
    event: AuditEvent<'ca.accepted' | 'ca.refused'>,
  ): Promise<boolean>
}

/** The truststore of a partition, as PEM: bounded in time and size. Throws DomainError upstream. */
export type FetchTruststore = (partition: Exclude<Origin, 'upload'>) => Promise<string>
