import type { AuditEvent } from './event.ts'

export type Visitor = { personId: string | null; requestId: string; address: string }

type Deps = {
  record: (event: AuditEvent) => Promise<void>
  recordSeldom: (event: AuditEvent) => Promise<void>
}

export type RecordDownload = ReturnType<typeof recordDownload>

/**
 * A CA bundle is about to be given out. Each download by somebody signed in is an event; those by nobody known are
 * only now and then, as the store bounds them: a public route must not be a way to fill its disk.
 */
export const recordDownload =
  ({ record, recordSeldom }: Deps) =>
  (
    { personId, requestId, address }: Visitor,
    { region, sha256, format }: { region: string; sha256: string; format: string },
  ): Promise<void> => {
    const event = { action: 'ca.downloaded', subject: region, requestId, address } as const
    const detail = { region, sha256, ...(format !== 'pem' && { format }) }
    return personId === null
      ? recordSeldom({ ...event, actor: 'anonymous', detail })
      : record({ ...event, actor: { person: personId }, detail })
  }
