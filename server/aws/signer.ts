import { Signer } from '@aws-sdk/rds-signer'
import type { SignToken } from '../core/access/ports.ts'
import { DomainError } from '../core/error.ts'

/** Fixed in the signer, and the most that RDS takes. */
const TOKEN_LIFE_MS = 15 * 60_000
/** Nobody can paste a token and connect in less. */
const SHORTEST_LIFE_MS = 60_000

/**
 * Signs tokens on this machine, without a call to AWS.
 *
 * A token ends after 15 minutes or with the session that signed it, whichever comes first, and nothing in the token
 * says the latter (Aurora user guide, "IAM database authentication"). So `expiresAt` is the earlier of the two.
 * @throws DomainError `upstream`, reason `session_too_short`, when it would last less than a minute
 */
export function makeSignToken({ now } = { now: () => new Date() }): SignToken {
  return async ({ host, port, region, user, session }) => {
    const sessionEnd = session.expiresAt.getTime()
    if (sessionEnd - now().getTime() < SHORTEST_LIFE_MS) throw tooShort()

    const { accessKeyId, secretAccessKey, sessionToken } = session
    const signer = new Signer({
      // RDS checks the signature against the lower-case name; the signer takes the name as it is.
      hostname: host.toLowerCase(),
      port,
      region,
      username: user,
      // The object, not a provider: the signer asks a provider twice for every token of a session that ends soon.
      credentials: { accessKeyId, secretAccessKey, sessionToken },
    })
    const token = await signer.getAuthToken()
    const signedAt = signingTime(token)
    const tokenEnd = signedAt + TOKEN_LIFE_MS
    return {
      token,
      signedAt: new Date(signedAt),
      expiresAt: new Date(Math.min(tokenEnd, sessionEnd)),
      endsWith: sessionEnd < tokenEnd ? 'session' : 'token',
    }
  }
}

const DATE_PARAMETER = '&X-Amz-Date='

/** Milliseconds of the `20261123T120000Z` in the token itself: RDS counts from there, in whole seconds. */
function signingTime(token: string): number {
  const start = token.indexOf(DATE_PARAMETER) + DATE_PARAMETER.length
  const digits = (from: number, to: number) => Number(token.slice(start + from, start + to))
  const time = Date.UTC(
    digits(0, 4),
    digits(4, 6) - 1,
    digits(6, 8),
    digits(9, 11),
    digits(11, 13),
    digits(13, 15),
  )
  if (Number.isNaN(time)) throw new Error('The signer left no X-Amz-Date in its token')
  return time
}

const tooShort = () =>
  new DomainError('upstream', 'The AWS session that would sign this token is about to end.', {
    reason: 'session_too_short',
    mend: "Try again. If it stays so, an administrator should check the portal's clock.",
  })
