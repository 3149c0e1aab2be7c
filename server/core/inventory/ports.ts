import type { AuditEvent } from '../audit/event.ts'
import type { InventoryRole } from '../catalog/catalog.ts'
import type { Found, Place } from './found.ts'

/** What could be read in one account and region. `missing`: API actions that were refused while others worked. */
export type Reading = { found: readonly Found[]; missing: readonly string[] }

/**
 * Reads one account and region. Throws DomainError when nothing of it could be read; its `mend` is for an administrator.
 * It is over in bounded time, whatever the other side does.
 */
export type ReadPlace = (role: InventoryRole, region: string) => Promise<Reading>

export type PlaceKey = { account: string; region: string }

/** What the store keeps of one place. `version` changes when what was found does; `found` is null where it is known already. */
export type KeptPlace = Omit<Place, 'count'> & { version: string; found: readonly Found[] | null }

/** What one database follows, as the log tells it; null: nothing, and it is closed. */
export type FollowedTo = { resource: string; endpoints: string[] } | null
export type Followed = { database: string; to: FollowedTo; why: string }

export interface InventoryStore {
  /** All places; what was found only of those whose version is not among the known ones. */
  places(known: readonly string[]): Promise<KeptPlace[]>
  keepReading(place: PlaceKey, reading: Reading): Promise<void>
  /** What was found before stays. */
  keepFault(place: PlaceKey, fault: NonNullable<Place['fault']>): Promise<void>
  /** What references have come to. Each that is new, also to the other portals, is in the log when this resolves. */
  keepFollowed(
    followed: readonly Followed[],
    event: (followed: Followed, from: FollowedTo) => AuditEvent<'catalog.followed'>,
  ): Promise<void>
}
