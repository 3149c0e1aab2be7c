import { createHash } from 'node:crypto'
import type { SignInStore } from '../core/person/ports.ts'
import { guarded } from './failure.ts'
import type { Store } from './store.ts'

/** Ten minutes, absolute. */
const LIFE = "interval '10 minutes'"

export function signInStore({ pool }: Store): SignInStore {
  return {
    open: (browserKey, { state, nonce, verifier, returnTo, again = false }) =>
      guarded(async () => {
        await pool.query(
          'INSERT INTO sign_in (state_hash, browser_hash, nonce, verifier, return_to, again) VALUES ($1, $2, $3, $4, $5, $6)',
          [sha256(state), sha256(browserKey), nonce, verifier, returnTo, again],
        )
      }),

    // Deleted before anything else happens, so that a second answer finds nothing: of twenty at once, one gets it.
    take: (browserKey, state) =>
      guarded(async () => {
        const { rows } = await pool.query<Row>(
          `DELETE FROM sign_in WHERE state_hash = $1 AND browser_hash = $2
           RETURNING nonce, verifier, return_to, again, started_at, started_at <= clock_timestamp() - ${LIFE} AS expired`,
          [sha256(state), sha256(browserKey)],
        )
        const row = rows[0]
        if (!row) return 'unknown'
        if (row.expired) return 'expired'
        const { nonce, verifier, return_to: returnTo, again, started_at: startedAt } = row
        return { state, nonce, verifier, returnTo, again, startedAt }
      }),
  }
}

type Row = {
  nonce: string
  verifier: string
  return_to: string
  again: boolean
  started_at: Date
  expired: boolean
}

const sha256 = (text: string) => createHash('sha256').update(text).digest()
