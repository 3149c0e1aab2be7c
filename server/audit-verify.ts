import type pg from 'pg'
import { readAnchors, type Recalled } from './anchor/read-anchors.ts'
import type { Place } from './anchor/place.ts'
import type { LogReport } from './core/audit/log-to-verify.ts'
import { newestCheckpoint } from './store/sealed-events.ts'
import { verifyStored, type VerifyWish } from './store/verify-log.ts'

/**
 * Verifies the log against the places that keep its checkpoints: what they hold is read first, so that
 * a log that has less than they do was rolled back.
 */
export async function verifyAnchored(
  log: { url: string; pool: pg.Pool; places: readonly (readonly [name: string, place: Place])[] },
  wish: VerifyWish,
): Promise<LogReport & Pick<Recalled, 'compared' | 'unread'>> {
  const newest = await newestCheckpoint(log.pool)
  const recalled = await readAnchors(log.places, { from: wish.from ?? 0, newest })
  const report = await verifyStored(log.url, {
    ...wish,
    anchors: [...(wish.anchors ?? []), ...recalled.anchors],
    contradictions: recalled.contradictions,
  })
  return { ...report, compared: recalled.compared, unread: recalled.unread }
}
