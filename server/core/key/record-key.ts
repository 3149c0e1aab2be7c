import { recordingRefusal } from '../access/refusal.ts'
import type { Actor } from '../actor.ts'
import type { AuditDetail, AuditEvent } from '../audit/event.ts'
import type { Record } from '../person/ports.ts'
import type { PersonalKey } from './key.ts'

/** Who did it, of which request. */
export type By = Pick<Actor, 'personId' | 'address' | 'requestId'>
type Refused = AuditDetail['key.refused']

const byPerson = ({ personId, address, requestId }: By, subject: string | null) => ({
  actor: { person: personId },
  subject,
  requestId,
  address,
})

export const keyCreated = (
  by: By,
  { id, name, prefix, expiresAt }: PersonalKey,
  how: 'page' | 'terminal',
): AuditEvent<'key.created'> => ({
  ...byPerson(by, id),
  action: 'key.created',
  detail: { key: id, name, prefix, expiresAt: expiresAt.toISOString(), how },
})

export const keyEnded = (by: By, { id, name, prefix }: PersonalKey): AuditEvent<'key.ended'> => ({
  ...byPerson(by, id),
  action: 'key.ended',
  detail: { key: id, name, prefix, how: 'by_holder' },
})

export const keyRefused = (by: By, detail: Refused): AuditEvent<'key.refused'> => ({
  ...byPerson(by, detail.key ?? null),
  action: 'key.refused',
  detail,
})

/** Runs `work`; what it refuses is recorded, with what it was about. */
export const recordingKeyRefusal = <T>(
  record: Record,
  by: By,
  about: Omit<Refused, 'why'>,
  work: () => Promise<T>,
): Promise<T> => recordingRefusal(record, (why) => keyRefused(by, { ...about, why }), work)
