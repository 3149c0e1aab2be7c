import type { AuditDetail } from './event.ts'
import type { OutletStatus } from './outlet.ts'
import type { SealLag } from './ports.ts'
import type { SigningKey } from './seal-keys.ts'

export type Inclusion = {
  seq: number
  size: number
  eventId: string
  leaf: Buffer
  proof: Buffer[]
  root: Buffer
  checkpoint: string | null
}

export type Consistency = {
  from: number
  to: number
  proof: Buffer[]
  fromRoot: Buffer
  toRoot: Buffer
  checkpoint: string | null
}

/** A verification that was recorded: `by` is a person's id, or portal. */
export type VerifiedBefore = AuditDetail['log.verified'] & {
  at: Date
  by: string
  byName: string | null
}

export type StoredStatus = {
  now: Date
  origin: string | null
  sealed: number
  lag: SealLag
  checkpoint: { size: number; root: Buffer; at: Date } | null
  keys: (SigningKey & { at: Date })[]
  anchors: { place: string; size: number; ref: string; at: Date }[]
  /** Of the anchors and streams that are configured. */
  outlets: OutletStatus[]
}

/** What the store can prove of the log. Null where so much is not sealed. */
export interface AuditProofs {
  /** The newest signed note. */
  checkpoint(): Promise<string | null>
  /** In the tree of `size` events, of all where it is null. */
  inclusion(seq: number, size: number | null): Promise<Inclusion | null>
  consistency(from: number, to: number | null): Promise<Consistency | null>
  status(): Promise<StoredStatus>
  lastVerified(): Promise<VerifiedBefore | null>
}
