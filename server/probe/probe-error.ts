import type { ProbeFailure } from '../core/trust/tls-finding.ts'

/** What ends a look before there is a certificate. */
export class ProbeError extends Error {
  override readonly name = 'ProbeError'
  readonly code: ProbeFailure

  constructor(code: ProbeFailure, cause?: unknown) {
    super(code, { cause })
    this.code = code
  }
}

const BY_SYSTEM: Record<string, ProbeFailure> = {
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EACCES: 'unreachable',
  ENOTFOUND: 'name_unknown',
  EAI_AGAIN: 'name_unknown',
  ETIMEDOUT: 'timeout',
  ECONNRESET: 'cut',
  EPIPE: 'cut',
}

/** Anything else came out of the handshake. */
export function failureOf(error: unknown): ProbeFailure {
  if (error instanceof ProbeError) return error.code
  // Several addresses were tried: the first one's fault stands for all.
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error
  return BY_SYSTEM[String((first as NodeJS.ErrnoException)?.code)] ?? 'tls'
}
