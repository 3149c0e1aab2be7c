import { DomainError } from '../error.ts'
import type { AccessRequest, RequestState } from './request.ts'

/** What can become of a request. `approve` is the approval that makes the quorum; `cancel` an administrator who ends all of a person. */
export type Move = 'approve' | 'deny' | 'withdraw' | 'lapse' | 'cancel'

const OUTCOME = {
  approve: 'approved',
  deny: 'denied',
  withdraw: 'withdrawn',
  lapse: 'lapsed',
  cancel: 'cancelled',
} as const satisfies Record<Move, RequestState>

export type Outcome = (typeof OUTCOME)[Move]

/**
 * The state after a move at `now`, or null where the move cannot be made. Only a pending request moves, and only once.
 * Until `lapsesAt` people decide, from then on it can only lapse: by the clock, whoever closes it and when.
 */
export function stateAfter<M extends Move>(
  { state, lapsesAt }: Pick<AccessRequest, 'state' | 'lapsesAt'>,
  move: M,
  now: Date,
): (typeof OUTCOME)[M] | null {
  if (state !== 'pending' || !lapsesAt) return null
  const over = lapsesAt <= now
  return over === (move === 'lapse') ? OUTCOME[move] : null
}

/** The same, where the move was somebody's wish. Throws conflict `request_closed`. */
export function move<M extends Move>(
  request: Pick<AccessRequest, 'state' | 'lapsesAt'>,
  wish: M,
  now: Date,
): (typeof OUTCOME)[M] {
  const state = stateAfter(request, wish, now)
  if (state === null)
    throw new DomainError('conflict', 'This request is no longer open.', {
      reason: 'request_closed',
      mend: 'Load the page again to see what became of it.',
    })
  return state
}
