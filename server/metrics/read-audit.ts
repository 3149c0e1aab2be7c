import { Gauge, type Registry } from 'prom-client'
import type { Sealing } from '../core/audit/ports.ts'
import type { StoredStatus, VerifiedBefore } from '../core/audit/proofs.ts'

export type AuditSources = {
  /** Of this process. */
  sealing: () => Sealing
  /** Of the log, the same for all portals. */
  log: () => Promise<
    Pick<StoredStatus, 'now' | 'sealed' | 'lag' | 'outlets'> & {
      verified: Pick<VerifiedBefore, 'at' | 'holds'> | null
    }
  >
}

/**
 * Registers how the audit log stands, and returns the reading. Where the store does not answer, what only it knows
 * is left out. Never throws.
 */
export function readAuditIn(registry: Registry, { sealing, log }: AuditSources) {
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: `latchkey_audit_${name}`, help, labelNames, registers: [registry] })
  const works = gauge('sealing', 'Whether this process can seal: neither refuses nor fails.')
  const events = gauge(
    'events',
    'Events of the log: sealed, and waiting to be (10,000 at the most).',
    ['state'],
  )
  const lag = gauge('seal_lag_seconds', 'The age of the oldest event that waits to be sealed.')
  const outlets = {
    behind: gauge(
      'outlet_behind_events',
      'Sealed events that have not arrived at an anchor or stream.',
      ['outlet'],
    ),
    failing: gauge(
      'outlet_failing_seconds',
      'For how long nothing has arrived at an anchor or stream because it fails; 0 while it does not.',
      ['outlet'],
    ),
  }
  const verification = {
    holds: gauge('verification_holds', 'Whether the log held when it was last verified.'),
    at: gauge('verification_timestamp_seconds', 'When the log was last verified.'),
  }
  return async (): Promise<void> => {
    works.set(Number(sealing().state === 'works'))
    const found = await log().catch(() => null)
    for (const labelled of [events, outlets.behind, outlets.failing]) labelled.reset()
    for (const plain of [lag, verification.holds, verification.at]) plain.remove()
    if (!found) return
    events.set({ state: 'sealed' }, found.sealed)
    events.set({ state: 'unsealed' }, found.lag.unsealed)
    lag.set(found.lag.milliseconds / 1000)
    for (const { name, behind, failing } of found.outlets) {
      const since = failing && found.now.getTime() - failing.since.getTime()
      outlets.behind.set({ outlet: name }, behind)
      outlets.failing.set({ outlet: name }, Math.max(0, since ?? 0) / 1000)
    }
    const { verified } = found
    if (!verified) return
    verification.holds.set(Number(verified.holds))
    verification.at.set(verified.at.getTime() / 1000)
  }
}
