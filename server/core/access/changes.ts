import type { Announced } from './ports.ts'

/** A request that changed, on whichever portal; or that some changes may not have been heard, so that what is shown may be old. */
export type Heard = Announced | 'missed'

export interface Changes {
  /** Hears of every change from now on, until the returned function is called. */
  subscribe(listener: (heard: Heard) => void): () => void
}
