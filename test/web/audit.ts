import type { AuditEntry, AuditHistogram } from '../../server/contract/audit.ts'

export const anEntry = (over: Partial<AuditEntry> = {}): AuditEntry => ({
  id: '7',
  at: '2026-11-25T12:00:00.000Z',
  seq: 6,
  action: 'token.issued',
  outcome: 'done',
  actor: 'ada',
  actorName: 'ada' === (over.actor ?? 'ada') ? 'Ada Marín' : null,
  subject: null,
  requestId: 'r',
  intentId: null,
  address: null,
  detail: {},
  ...over,
})

/** Hours from ten o’clock on; each bar has as much done and refused as is said. */
export function aHistogram(...bars: [done: number, refused: number][]): AuditHistogram {
  const at = (hours: number) =>
    new Date(Date.UTC(2026, 10, 25, 10) + hours * 3_600_000).toISOString()
  return {
    now: at(bars.length),
    from: at(0.5),
    to: at(bars.length - 0.25),
    seconds: 3600,
    buckets: bars.map(([done, refused], hour) => ({
      ...{ at: at(hour), done, refused, failed: 0, unknown: 0 },
    })),
    count: { is: 'exact', count: bars.flat().reduce((sum, each) => sum + each, 0) },
    completeFrom: null,
  }
}
