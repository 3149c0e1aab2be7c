import type { Actor } from '../actor.ts'
import { freshUntil } from './key.ts'
import type { KeyLimits } from './make-key.ts'
import type { KeyStore } from './ports.ts'

/** One's own keys, and whether this session may make another now. */
export function listKeys({ store, limits }: { store: KeyStore; limits: KeyLimits }) {
  return async ({ personId, sessionId }: Actor) => {
    const { now, keys } = await store.keysOf(personId)
    const proved = await store.provedAt(sessionId)
    return { now, keys, freshUntil: freshUntil(proved), longest: limits.longest }
  }
}
