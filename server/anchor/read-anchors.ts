import type { Contradiction } from '../core/audit/findings.ts'
import type { AnchorNote } from '../core/audit/log-to-verify.ts'
import { failureOf } from '../outgoing/delivery-error.ts'
import type { Place, SignedCheckpoint } from './place.ts'

/** What the places said: `compared` with how many checkpoints of each, `unread` where one could not be asked. */
export type Recalled = {
  anchors: AnchorNote[]
  contradictions: Contradiction[]
  compared: { place: string; checkpoints: number }[]
  unread: { place: string; code: string }[]
}

const PATIENCE = 120_000

/**
 * Asks every place what it holds of the log from `from` events on, for a comparison with what the log is now.
 * Never throws: a place that does not answer is named.
 */
export async function readAnchors(
  places: readonly (readonly [name: string, place: Place])[],
  wish: { from: number; newest: SignedCheckpoint | undefined },
): Promise<Recalled> {
  const recalled: Recalled = { anchors: [], contradictions: [], compared: [], unread: [] }
  await Promise.all(
    places.map(async ([name, place]) => {
      try {
        const signal = AbortSignal.timeout(PATIENCE)
        const { notes, contradiction } = await place.recall(wish, signal)
        recalled.anchors.push(...notes.map((note) => ({ place: `the anchor ${name}`, note })))
        if (contradiction) recalled.contradictions.push(contradiction)
        recalled.compared.push({ place: name, checkpoints: notes.length })
      } catch (error) {
        recalled.unread.push({ place: name, code: failureOf(error).code })
      }
    }),
  )
  return recalled
}
