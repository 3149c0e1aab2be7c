import type pg from 'pg'
import type { Place } from './anchor/place.ts'
import { placesOf, retentionDays, streamsOf } from './audit-places.ts'
import type { Config } from './config.ts'
import type { OcsfSource } from './core/audit/ocsf.ts'
import type { OutletName } from './core/audit/outlet.ts'
import { originOf } from './core/audit/seal-keys.ts'
import { type ServedOutlet, serveOutlet } from './core/audit/serve-outlet.ts'
import { every } from './every.ts'
import { failureOf } from './outgoing/delivery-error.ts'
import { outlets } from './store/outlets.ts'
import { openPool, SEALER_ROLE } from './store/pool.ts'
import { pruneLog } from './store/prune.ts'
import { newestCheckpoint, sealedEvents } from './store/sealed-events.ts'
import { deliverEvents } from './stream/deliver.ts'

type Warn = (details: object, message: string) => void
type Deps = { config: Config; version: string; readers: pg.Pool; warn: Warn }

const DAY = 86_400_000

/** Seconds. An anchor that is down is asked at least every five minutes, a stream every minute. */
const ANCHOR_WAIT = { first: 5, longest: 300 }
const STREAM_WAIT = { between: 0, first: 1, longest: 60 }

/**
 * Everything that brings the audit log away: anchors, streams, and the months that may go.
 * Each outlet has a lane of its own. Resolves once all are known, so that nothing that is sealed from then on is missed.
 */
export async function startOutlets({ config, version, readers, warn }: Deps) {
  const pool = openPool(config.DATABASE_URL, {
    role: SEALER_ROLE,
    max: 3,
    name: 'latchkey outlets',
  })
  const kept = outlets(pool)
  const serve = async (
    name: OutletName,
    from: 'start' | 'now',
    wait: Parameters<typeof serveOutlet>[0]['wait'],
    deliver: Parameters<typeof serveOutlet>[0]['deliver'],
  ): Promise<ServedOutlet> => {
    await kept.open(name, from)
    const codeOf = (error: unknown) => failureOf(error).code
    return serveOutlet({ name, outlets: kept, deliver, wait, codeOf, warn })
  }

  const served: ServedOutlet[] = []
  const places = placesOf(config, pool)
  for (const [name, place] of places) {
    void sayWhatIsWrong(place, warn)
    served.push(
      await serve(
        `anchor:${name}`,
        'start',
        { ...ANCHOR_WAIT, between: place.every },
        async ({ size }, signal) => {
          const newest = await newestCheckpoint(pool)
          if (!newest) throw new Error('There is no checkpoint yet.')
          return { size: newest.size, ref: await place.put(newest, size, signal) }
        },
      ),
    )
  }
  const source = async (): Promise<OcsfSource> => ({ origin: originOf(config.PUBLIC_URL), version })
  for (const { name, send, limit } of streamsOf(config)) {
    const read: Parameters<typeof deliverEvents>[0]['read'] = (wish) => sealedEvents(readers, wish)
    served.push(await serve(name, 'now', STREAM_WAIT, deliverEvents({ read, source, send, limit })))
  }

  const loops = served.map((outlet) => every(1_000, outlet.round, warn))
  const names = places.map(([name]) => name)
  const pruning = every(
    DAY,
    async () => {
      const dropped = await pruneLog(pool, { days: retentionDays(config), places: names })
      if (dropped.length > 0) warn({ dropped }, 'months of the audit log are over and were dropped')
    },
    warn,
  )
  return {
    /** Brings away what is left, then gives the turns to others. At most some seconds. */
    stop: async (): Promise<void> => {
      await Promise.all([...served.map((outlet) => outlet.stop()), pruning.stop()])
      for (const loop of loops) await loop.stop()
      await kept.release().catch(() => {})
      await pool.end()
    },
  }
}

/** At start, in words: what is misconfigured there is not found out by waiting. */
async function sayWhatIsWrong(place: Place, warn: Warn): Promise<void> {
  try {
    const wrong = await place.check?.(AbortSignal.timeout(10_000))
    if (wrong) warn({}, wrong)
  } catch (error) {
    warn({ err: error }, 'an anchor of the audit log cannot be asked; it will be tried again')
  }
}
