/** How sealing stands on this replica. Refusing and failing stop nothing but the sealing: the log takes events all the same. */
export type Sealing =
  | { state: 'works' }
  | { state: 'refuses'; reason: SealRefusal; text: string; mend: string }
  | { state: 'fails'; text: string }

export type SealRefusal = 'key_unknown' | 'key_retired' | 'database_restored'

/** A signed checkpoint, as soon as it is committed. `root` is 32 bytes. */
export type SealedCheckpoint = { origin: string; size: number; root: Buffer; note: string }

/** Outlets of committed checkpoints. Each is told of every checkpoint of this replica, in order, and does not throw. */
export type Publish = (checkpoint: SealedCheckpoint) => void

export type Sealer = {
  sealing(): Sealing
  /** Seals what is there, as far as transactions that are still open allow, and ends. At most 3 s. */
  stop(): Promise<void>
}

/** How far sealing is behind. `isMore`: there are more unsealed events than were counted. */
export type SealLag = { unsealed: number; isMore: boolean; milliseconds: number }
