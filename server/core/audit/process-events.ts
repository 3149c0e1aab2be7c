import type { AuditEvent } from './event.ts'

type About = { version: string; host: string; requestId: string }

/** Start and stop of one process have one request id, so that each stop finds its start. */
export const processEvents =
  ({ version, host, requestId }: About) =>
  (action: 'portal.started' | 'portal.stopped'): AuditEvent => ({
    action,
    actor: 'portal',
    subject: host,
    requestId,
    detail: { version, host },
  })
