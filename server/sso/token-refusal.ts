import { SignInRefused } from '../core/person/identity.ts'

/** What the HTTP client of the plugin (@hapi/wreck, @hapi/boom) throws. It holds the request, secret and all: read, never passed on. */
type ClientError = {
  /** Of the network, or of the plugin's client. */
  code?: unknown
  output?: { statusCode?: unknown }
  data?: {
    isResponseError?: unknown
    payload?: unknown
    res?: { destroy?: () => void }
  } | null
}

/**
 * Closes the connection of an answer that was given up.
 * The client leaves it open, and its reader would end the process once the rest is longer than the limit.
 */
export function releaseAnswer(error: unknown): void {
  ;(error as ClientError).data?.res?.destroy?.()
}

/** A failed code exchange in our words. Its cause says to the operator what failed, and nothing that is secret. */
export function tokenRefusal(error: unknown): SignInRefused {
  const { output, data, code } = error as ClientError
  const status = Number(output?.statusCode)
  if (data?.isResponseError) {
    const why = new Error(`token endpoint: ${status} ${oauthError(data.payload)}`.trim())
    return status >= 500 || status === 429 || status === 408
      ? unavailable(why)
      : new SignInRefused('code_rejected', 'The provider did not accept the sign-in code.', {
          cause: why,
        })
  }
  // 504 and 408: no answer, or not the whole of it, in time. A code: the network. 500: too long, or broken off.
  const isPassing = [504, 408].includes(status) || typeof code === 'string'
  const why = new Error(`token endpoint: ${String(code ?? status)}`)
  if (isPassing) return unavailable(why)
  return new SignInRefused('provider_error', 'The provider sent no tokens that can be read.', {
    cause: why,
  })
}

const unavailable = (cause: Error) =>
  new SignInRefused('provider_unavailable', 'The provider does not answer.', { cause })

/** RFC 6749 §5.2: `invalid_grant`, `invalid_client` and so on; anything else is not worth a line in a log. */
function oauthError(payload: unknown): string {
  const error = (payload as { error?: unknown } | null | undefined)?.error
  return typeof error === 'string' && /^[a-z_]{1,40}$/.test(error) ? error : ''
}
