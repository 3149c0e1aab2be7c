import type { Actor } from '../actor.ts'
import { refuseSecret } from '../access/refusal.ts'
import { DomainError, notSignedIn } from '../error.ts'
import type { Record } from '../person/ports.ts'
import { isFresh, type PersonalKey } from './key.ts'
import { newKeyText, prefixOf } from './key-text.ts'
import type { KeyStore, KeyTx } from './ports.ts'
import { keyCreated, recordingKeyRefusal } from './record-key.ts'

/** `longest` is how long a key may work at most, seconds; 0 where there are no keys. */
export type KeyLimits = { longest: number; signInAge: number }
type Deps = { store: KeyStore; limits: KeyLimits; record: Record }
export type KeyWish = { name: string; seconds: number }
/** The text is in this answer and nowhere else. */
export type MadeKey = { text: string; key: PersonalKey }

/** More than anybody has programs; few enough that a list of them can be looked through. */
const MOST = 20

/**
 * A key for the person who asks, shown this once.
 * Errors: unauthenticated; forbidden `keys_off`, `sign_in_stale`; invalid `too_long`, `name_unreadable`, `looks_secret`;
 * conflict `name_taken`, `too_many_keys`. Refusals are recorded.
 */
export function makeKey({ store, limits, record }: Deps) {
  return (actor: Actor, wish: KeyWish): Promise<MadeKey> =>
    recordingKeyRefusal(record, actor, { what: 'make' }, () => {
      const { name, seconds } = checkWish(limits, wish)
      return store.transaction(async (tx) => {
        await requireFresh(tx, actor)
        const alive = await tx.alive(actor.personId)
        if (alive.some((key) => key.name === name))
          throw new DomainError('conflict', 'You have a key of this name.', {
            reason: 'name_taken',
            mend: 'Choose another name, or end that key first.',
          })
        if (isFull(alive)) throw noRoom()
        const made = await insertKey(tx, { personId: actor.personId, name, seconds })
        await tx.record(keyCreated(actor, made.key, 'page'))
        return made
      })
    })
}

/** The wish, with its name as it is kept. */
export function checkWish({ longest }: KeyLimits, wish: KeyWish): KeyWish {
  if (longest === 0)
    throw new DomainError('forbidden', 'This portal has no personal keys.', {
      reason: 'keys_off',
      mend: 'Whoever runs it can allow them: KEY_LIFETIME.',
    })
  if (wish.seconds > longest)
    throw new DomainError('invalid', 'That is longer than a key may work here.', {
      reason: 'too_long',
      mend: `At most ${longest} seconds.`,
    })
  const name = wish.name.trim()
  if (name === '' || /\p{C}/u.test(name))
    throw new DomainError('invalid', 'A name is a text that people can read.', {
      reason: 'name_unreadable',
      mend: 'Write which computer or program the key is for.',
    })
  refuseSecret(name)
  return { name, seconds: wish.seconds }
}

/** A key outlives the session that made it, so a browser left open must not be enough. */
export async function requireFresh(tx: KeyTx, actor: Actor): Promise<void> {
  const session = await tx.holdSession(actor.sessionId)
  if (!session) throw notSignedIn()
  if (!isFresh(session.provedAt, session.now))
    throw new DomainError('forbidden', 'Keys are made only right after signing in.', {
      reason: 'sign_in_stale',
      mend: 'Sign in again, and make it within five minutes.',
    })
}

export const isFull = (alive: readonly PersonalKey[]) => alive.length >= MOST

export const noRoom = () =>
  new DomainError('conflict', `You have ${MOST} keys that work.`, {
    reason: 'too_many_keys',
    mend: 'End one that you do not need.',
  })

export async function insertKey(tx: KeyTx, wish: KeyWish & { personId: string }): Promise<MadeKey> {
  const text = newKeyText()
  return { text, key: await tx.insert({ ...wish, text, prefix: prefixOf(text) }) }
}
