import type { Entry } from './entry.ts'
import type { AuditAction, AuditDetail } from './event.ts'
import { WAYS } from './ocsf-action.ts'
import { type About, baseEvent, type ClassPart, OCSF_VERSION, personUser } from './ocsf-class.ts'

/** A sealed event on its way out: its place in the log, what was sealed, and who the actor is by now. */
export type SealedEvent = {
  seq: number
  entry: Entry
  /** Null where the actor is no person, or one that was forgotten. */
  person: { name: string | null; email: string | null } | null
}

/** `origin` names the log as its checkpoints do; `version` is the portal's. */
export type OcsfSource = { origin: string; version: string }

/** Classes whose `actor` comes with OCSF's profile "host"; the others have it of their own, or not at all. */
const OF_PROFILE_HOST: readonly number[] = [3003, 3004, 3005, 6002]

/**
 * A sealed event as an object of OCSF 1.3.0, ready for `JSON.stringify`.
 * `metadata.sequence` is its place in the log: it orders the stream and tells a repetition.
 * What OCSF has no field for stands in `unmapped`; an action that is not known becomes a Base Event with all of it there.
 */
export function ocsfEvent({ seq, entry, person }: SealedEvent, source: OcsfSource): object {
  const detail = JSON.parse(entry.payload) as Record<string, unknown>
  const about = aboutOf(entry, person)
  const [part, rest] = tell(entry.action, detail, about)
  return {
    ...part,
    time: Math.floor(Number(entry.at) / 1000),
    message: entry.subject === null ? entry.action : `${entry.action} ${entry.subject}`,
    metadata: {
      version: OCSF_VERSION,
      product: { name: 'Latchkey', vendor_name: 'Latchkey', version: source.version },
      profiles: OF_PROFILE_HOST.includes(part.class_uid) ? ['host'] : [],
      log_name: source.origin,
      log_version: String(entry.v),
      event_code: entry.action,
      uid: String(seq),
      sequence: seq,
      correlation_uid: entry.request,
    },
    unmapped: {
      ...rest,
      event_id: entry.id,
      event_microseconds: entry.at,
      ...(entry.subject !== null && { event_subject: entry.subject }),
      ...(entry.intent !== null && { event_intent: entry.intent }),
    },
  }
}

function tell(
  action: string,
  detail: Record<string, unknown>,
  about: About,
): readonly [part: ClassPart, rest: object] {
  if (!Object.hasOwn(WAYS, action)) return [baseEvent(), { ...detail, ...about }]
  const way = WAYS[action as AuditAction] as (
    detail: AuditDetail[AuditAction],
    about: About,
  ) => readonly [ClassPart, object]
  return way(detail as AuditDetail[AuditAction], about)
}

function aboutOf({ actor, address, subject }: Entry, person: SealedEvent['person']): About {
  const from = address === null ? undefined : { ip: address }
  if (actor === 'portal')
    return { user: { name: 'portal', type_id: 3 }, actor: { app_name: 'Latchkey' }, from, subject }
  const user =
    actor === 'anonymous'
      ? { name: 'anonymous', type_id: 0 }
      : {
          ...personUser(actor),
          ...(person?.name && { name: person.name }),
          ...(person?.email && { email_addr: person.email }),
        }
  return { user, actor: { user }, from, subject }
}
