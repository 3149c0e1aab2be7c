import type { Actor } from '../actor.ts'
import type { Record } from '../person/ports.ts'
import { newCode } from './key-text.ts'
import { checkWish, type KeyLimits, type KeyWish, requireFresh } from './make-key.ts'
import type { KeyStore } from './ports.ts'
import { recordingKeyRefusal } from './record-key.ts'

type Deps = { store: KeyStore; limits: KeyLimits; record: Record }

/**
 * The person in the browser lets a terminal fetch a key, once, within two minutes: whoever has the code and what `challenge` is
 * the S256 of. Nothing is a key yet, so nothing is recorded yet: making it is. Errors: as of making a key.
 */
export function allowKey({ store, limits, record }: Deps) {
  return (actor: Actor, wish: KeyWish & { challenge: string }): Promise<{ code: string }> =>
    recordingKeyRefusal(record, actor, { what: 'make' }, () => {
      const checked = checkWish(limits, wish)
      return store.transaction(async (tx) => {
        await requireFresh(tx, actor)
        const code = newCode()
        const { personId, sessionId } = actor
        await tx.insertCode({
          ...checked,
          code,
          personId,
          sessionId,
          challenge: wish.challenge,
        })
        return { code }
      })
    })
}
