import type { Endpoint } from '../catalog/catalog.ts'
import { isOf, type TlsProbe } from './tls-finding.ts'

/** Milliseconds. Longer than the background takes to look again at any endpoint. */
const FRESH = 8 * 86_400_000

/** What a client is told to verify; the shape is that of the connection's `tls`. */
export type TlsAdvice = 'verify-full' | { mode: 'verify-ca'; why: string }

/**
 * Chain and name, unless a fresh look at this very endpoint proves that the name cannot be verified: the chain holds by
 * our own bundle, so it is the real server that says it has other names. Everything less is no proof: who stands in
 * between could otherwise talk clients out of verifying names.
 */
export function tlsAdvice(endpoint: Endpoint, probe: TlsProbe | undefined, now: Date): TlsAdvice {
  if (!probe || !isOf(probe, endpoint) || now.getTime() - probe.at.getTime() > FRESH)
    return 'verify-full'
  const { finding } = probe
  if (finding.outcome === 'failed' || !finding.verified || finding.nameCovered) return 'verify-full'
  if (new Date(finding.expiresAt) <= now) return 'verify-full'
  const day = probe.at.toISOString().slice(0, 10)
  return {
    mode: 'verify-ca',
    why:
      `The certificate of this server, which the CA bundle proves, is for ${listed(finding.names)}, ` +
      `not for ${endpoint.signing.host}: the portal saw it on ${day}. So a client can verify who signed it, not its name.`,
  }
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 3)
  const more = names.length - shown.length
  if (shown.length === 0) return 'no name'
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(' and ')
}
