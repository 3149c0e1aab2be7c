import { createHash, timingSafeEqual } from 'node:crypto'
import type { SignInRefusal } from '../core/audit/event.ts'
import { SignInRefused } from '../core/person/identity.ts'

/** Claims whose signature is proved. Only `sub` is known to be text once `checkClaims` has returned them. */
export type IdTokenClaims = { readonly [claim: string]: unknown } & { readonly sub: string }

export type Expected = {
  issuer: string
  clientId: string
  nonce: string
  /** The access token that came with it, for `at_hash`. */
  accessToken: string | undefined
  algorithm: string
  /** Milliseconds. */
  now: number
  /** Milliseconds: the person must have been seen after this. */
  againSince?: number | undefined
}

/** Seconds that two clocks may differ. */
const TOLERANCE = 30
/** Seconds: an ID token of the code flow is made for us, now. */
const OLDEST = 600

/**
 * The rules for the claims, OpenID Connect Core 1.0 §3.1.3.7 and stricter where it leaves room.
 * Throws SignInRefused with the code of the first that is broken.
 */
export function checkClaims<C extends IdTokenClaims>(claims: C, expected: Expected): C {
  const { iss, aud, azp, exp, nbf, iat, nonce, sub, at_hash, auth_time } = claims as Record<
    string,
    unknown
  >
  const now = expected.now / 1000

  must(iss === expected.issuer, 'id_token_issuer', 'comes from another issuer')

  const audiences = typeof aud === 'string' ? [aud] : aud
  must(
    isTexts(audiences) && audiences.includes(expected.clientId),
    'id_token_audience',
    'is not for this portal',
  )
  const alone = audiences.every((audience) => audience === expected.clientId)
  must(
    azp === expected.clientId || (azp === undefined && alone),
    'id_token_authorized_party',
    'was given to another client as well',
  )

  must(isTime(exp) && now < exp + TOLERANCE, 'id_token_expired', 'has no end, or it has passed')
  must(
    nbf === undefined || (isTime(nbf) && now >= nbf - TOLERANCE),
    'id_token_not_yet',
    'is not valid yet',
  )
  must(
    isTime(iat) && now >= iat - TOLERANCE && now <= iat + OLDEST + TOLERANCE,
    'id_token_issued_at',
    'was not made just now',
  )

  must(
    typeof nonce === 'string' && isSame(nonce, expected.nonce),
    'id_token_nonce',
    'belongs to another sign-in',
  )
  must(
    typeof sub === 'string' && /^[\x20-\x7e]{1,255}$/.test(sub),
    'id_token_subject',
    'does not name a person as it must',
  )
  must(
    at_hash === undefined || at_hash === hashOf(expected),
    'access_token_hash',
    'belongs to another access token',
  )
  const { againSince } = expected
  must(
    againSince === undefined ||
      (isTime(auth_time) &&
        auth_time >= againSince / 1000 - TOLERANCE &&
        auth_time <= now + TOLERANCE),
    'id_token_auth_time',
    'does not say that you signed in just now',
  )
  return claims
}

/** When the provider saw the person, as far as that can be believed (Core §2, `auth_time`). `now` is in milliseconds. */
export function provedAt({ auth_time }: IdTokenClaims, now: number): Date | null {
  return isTime(auth_time) && auth_time > 0 && auth_time <= now / 1000 + TOLERANCE
    ? new Date(auth_time * 1000)
    : null
}

function must(holds: boolean, code: SignInRefusal, what: string): asserts holds {
  if (!holds) throw new SignInRefused(code, `The ID token ${what}.`)
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'string')

/** NumericDate of RFC 7519: a number, and JSON can write numbers that are infinite. */
const isTime = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value)

const digest = (text: string) => createHash('sha256').update(text).digest()
const isSame = (one: string, other: string) => timingSafeEqual(digest(one), digest(other))

/** Core §3.1.3.6: the left half of the hash that the signature uses; Ed25519 uses SHA-512. */
function hashOf({ accessToken, algorithm }: Expected): string | undefined {
  if (accessToken === undefined) return undefined
  const hash = createHash(algorithm === 'EdDSA' ? 'sha512' : 'sha256')
  const whole = hash.update(accessToken).digest()
  return whole.subarray(0, whole.length / 2).toString('base64url')
}
