import type { Failure } from '../core/notification/ports.ts'

/** Why a message did not arrive. Its text is the code alone: whatever the other side said stays there. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError'
  readonly failure: Failure

  constructor(failure: Failure) {
    super(failure.code)
    this.failure = failure
  }
}

/** Codes of Node, OpenSSL and nodemailer name a cause and nothing else; any other error is only that. */
export function failureOf(error: unknown): Failure {
  if (error instanceof DeliveryError) return error.failure
  const { code } = error as { code?: unknown }
  return { code: typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? code : 'failed' }
}
