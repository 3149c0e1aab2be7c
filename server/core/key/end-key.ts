import type { Actor } from '../actor.ts'
import { DomainError, notFound } from '../error.ts'
import type { Record } from '../person/ports.ts'
import { isAlive, type PersonalKey } from './key.ts'
import type { KeyStore } from './ports.ts'
import { keyEnded, recordingKeyRefusal } from './record-key.ts'

type Deps = { store: KeyStore; record: Record }

/**
 * A key of one's own ends at once: it wins over every mint that has not committed its intent.
 * Errors: not_found, conflict `key_ended`. Refusals are recorded.
 */
export function endKey({ store, record }: Deps) {
  return (actor: Actor, id: string): Promise<PersonalKey> =>
    recordingKeyRefusal(record, actor, { what: 'end', key: id }, () =>
      store.transaction(async (tx) => {
        const found = await tx.lockKey(id)
        if (!found || found.key.personId !== actor.personId) throw notFound()
        if (!isAlive(found.key, found.now))
          throw new DomainError('conflict', 'This key has stopped working already.', {
            reason: 'key_ended',
          })
        const ended = await tx.endKey(id, actor.personId)
        await tx.record(keyEnded(actor, ended))
        return ended
      }),
    )
}
