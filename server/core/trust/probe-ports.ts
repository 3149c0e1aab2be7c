import type { AuditEvent } from '../audit/event.ts'
import type { ProbeTarget, TlsFinding, TlsProbe } from './tls-finding.ts'

/** One handshake. It is bounded in time and size, and never throws. `ca`: PEM; undefined where there is no bundle. */
export type LookAt = (target: ProbeTarget, ca: string | undefined) => Promise<TlsFinding>

export interface ProbeStore {
  /** The newest look at each endpoint, of any catalog. */
  probes(): Promise<TlsProbe[]>
  probeOf(database: string, endpoint: string): Promise<TlsProbe | undefined>
  /** Keeps what was found in place of what was before, forgets endpoints that are not in `all`, and records it: one transaction. */
  keepProbes(
    found: readonly Omit<TlsProbe, 'at'>[],
    all: readonly ProbeTarget[],
    event: AuditEvent<'tls.probed'>,
  ): Promise<void>
}
