import type { CauseId } from './cause.ts'

/** How far a connection came. Of several messages the one from furthest on is about the attempt that counts. */
export const STAGES = ['network', 'tls', 'client', 'login', 'inside'] as const
export type Stage = (typeof STAGES)[number]

/**
 * `certain`: the words leave no other reason. `likely`: it nearly always is. `possible`: the words alone do not tell.
 */
export type Certainty = 'certain' | 'likely' | 'possible'

/** One thing that clients say, with what may be behind it. */
export type Symptom = {
  id: string
  stage: Stage
  /** Any of them. Each is linear: no text is slow. */
  patterns: readonly RegExp[]
  /** What the client means by it, in plain words. */
  means: string
  /** The likeliest first, by these words alone. */
  causes: readonly [CauseId, ...CauseId[]]
  /** Of the first cause, by these words alone. */
  first: Certainty
  /** A refusal without a reason: what the portal knows of the token and of the database decides. */
  umbrella?: 'token' | 'password'
}
