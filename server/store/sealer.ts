import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import type { Publish, Sealer, Sealing } from '../core/audit/ports.ts'
import { originOf, type SealKeys } from '../core/audit/seal-keys.ts'
import { type Sealed, sealBatch } from './seal-batch.ts'
import { isAnyWaiting } from './seal-rows.ts'

type Options = {
  /** As `latchkey_sealer`: `openSealerPool`. Whoever opened it closes it. */
  pool: pg.Pool
  keys: SealKeys
  publicUrl: string
  publish: Publish
  warn: (details: object, message: string) => void
  /** Milliseconds between two rounds, about so many events in a batch, the longest that `stop` seals on. */
  every?: number
  limit?: number
  stopWithin?: number
}

const LONGEST_WAIT = 5_000
/** While it goes on, what keeps the log from being sealed is said again after so many rounds. */
const SAY_AGAIN = 12

/**
 * Seals what the portal has recorded, round after round, until it is stopped. Every replica has one; one at a time works.
 * Whatever happens here, the portal goes on: what is not sealed now is sealed later.
 */
export function startSealer({
  pool,
  keys,
  publicUrl,
  publish,
  warn,
  every = 250,
  limit = 5_000,
  stopWithin = 3_000,
}: Options): Sealer {
  const origin = originOf(publicUrl)
  const stopping = new AbortController()
  let sealing: Sealing = { state: 'works' }
  let troubles = 0

  /** One round, never an error. */
  const round = async (): Promise<Sealed | { did: 'failed' }> => {
    try {
      const sealed = await sealBatch(pool, { keys, origin, limit })
      if (sealed.did === 'refused') {
        sealing = sealed.refusal
        const { reason, text, mend } = sealed.refusal
        complain({ reason, mend }, `the audit log is not sealed: ${text}`)
        return sealed
      }
      if (troubles > 0) warn({}, 'the audit log is sealed again')
      troubles = 0
      sealing = { state: 'works' }
      if (sealed.did === 'sealed' && sealed.checkpoint) publish(sealed.checkpoint)
      return sealed
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error)
      sealing = { state: 'fails', text }
      complain({ err: error }, 'the audit log could not be sealed; it will be tried again')
      return { did: 'failed' }
    }
  }
  const complain = (details: object, message: string) => {
    if (troubles++ % SAY_AGAIN === 0) warn(details, message)
  }

  const run = async () => {
    while (!stopping.signal.aborted) {
      const sealed = await round()
      if (sealed.did === 'sealed' && sealed.isMore) continue
      const wait = Math.min(every * 2 ** Math.min(troubles, 10), LONGEST_WAIT)
      await sleep(wait, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }
  const running = run()

  /** What is left may be in another's batch, or wait for a transaction that is still open. */
  const finish = async () => {
    for (const end = performance.now() + stopWithin; performance.now() < end;) {
      const { did } = await round()
      if (did === 'refused' || did === 'failed') return
      if (did === 'sealed') continue
      if (!(await isAnyWaiting(pool).catch(() => false))) return
      await sleep(50)
    }
  }

  return {
    sealing: () => sealing,
    stop: async () => {
      stopping.abort()
      await running
      await finish()
    },
  }
}
