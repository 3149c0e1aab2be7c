import type { Address, Database, Endpoint } from '../catalog/catalog.ts'

/** Why a look at a server came to no certificate. */
export const PROBE_FAILURES = [
  'timeout',
  'refused',
  'unreachable',
  'name_unknown',
  'cut',
  'no_tls',
  'protocol',
  'tls',
] as const
export type ProbeFailure = (typeof PROBE_FAILURES)[number]

export type SeenCertificate = { name: string; sha256: string; expiresAt: string }

/** What one TLS handshake has shown. Nothing is sent but the wish for TLS and the handshake itself. */
export type TlsFinding =
  | { outcome: 'failed'; code: ProbeFailure }
  | {
      outcome: 'answered'
      /** As the server sent it, its own certificate first. */
      chain: SeenCertificate[]
      /** The DNS names of its certificate; its common name where it has none. */
      names: string[]
      /** Whether the chain ends at a root of the region's CA bundle. */
      verified: boolean
      /** Why not: OpenSSL's code, or `no_bundle`. */
      fault: string | null
      /** Whether the certificate is for the host that tokens are signed for. */
      nameCovered: boolean
      /** Of its own certificate. */
      expiresAt: string
    }

/** The newest look at one endpoint. */
export type TlsProbe = {
  database: string
  endpoint: string
  /** The host whose name was looked for, and where the portal connected. */
  host: string
  dial: Address
  at: Date
  finding: TlsFinding
}

/** What is looked at: always an endpoint of the catalog, never an address that somebody sent. */
export type ProbeTarget = { database: Database; endpoint: Endpoint }

/** Whether a look was one at this endpoint as it is now in the catalog. */
export const isOf = (probe: Pick<TlsProbe, 'host' | 'dial'>, { signing, dial }: Endpoint) =>
  probe.host === signing.host && probe.dial.host === dial.host && probe.dial.port === dial.port
