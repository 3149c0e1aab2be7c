import { compactVerify, decodeProtectedHeader, errors, type ProtectedHeaderParameters } from 'jose'
import { SignInRefused } from '../core/person/identity.ts'
import { checkClaims, type Expected, type IdTokenClaims } from './id-token-claims.ts'
import type { Keys, KeySet } from './keys.ts'

/** One for a provider, never two families at once (OWASP ASVS 5.0 9.1.2). */
export const SIGNING_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number]

/**
 * Proves an ID token: its signature by one algorithm and the provider's published keys, then each claim
 * (OpenID Connect Core 1.0 §3.1.3.7). Keys that the header carries or points to are never used.
 * Throws SignInRefused; its code names the rule that was broken.
 */
export async function verifyIdToken(
  token: unknown,
  expected: Expected & { algorithm: SigningAlgorithm },
  keys: Keys,
): Promise<IdTokenClaims> {
  if (token === undefined || token === null)
    throw new SignInRefused('id_token_missing', 'The provider sent no ID token.')
  if (typeof token !== 'string' || !/^[\w-]+\.[\w-]+\.[\w-]*$/.test(token)) throw malformed()
  checkHeader(headerOf(token), expected.algorithm)
  const payload = await verifySignature(token, expected, keys)
  return checkClaims(claimsOf(payload), expected)
}

function headerOf(token: string): ProtectedHeaderParameters {
  try {
    return decodeProtectedHeader(token)
  } catch {
    throw malformed()
  }
}

function checkHeader(header: ProtectedHeaderParameters, algorithm: SigningAlgorithm): void {
  if (header.alg !== algorithm)
    throw new SignInRefused('id_token_algorithm', `The ID token is not signed with ${algorithm}.`)
  if (header.crit !== undefined) throw malformed()
  // An access token (`at+jwt`) or a logout token of the same provider proves no sign-in (ASVS 9.2.2).
  const { typ } = header
  if (typ !== undefined && (typeof typ !== 'string' || typ.toUpperCase() !== 'JWT'))
    throw new SignInRefused('id_token_type', 'The provider sent another kind of token.')
}

async function verifySignature(
  token: string,
  { algorithm, now }: { algorithm: SigningAlgorithm; now: number },
  keys: Keys,
): Promise<Uint8Array> {
  const verifyWith = async (set: KeySet) =>
    (await compactVerify(token, set, { algorithms: [algorithm] })).payload
  const current = await keys.current()
  try {
    return await verifyWith(current.value)
  } catch (first) {
    if (first instanceof errors.JWSInvalid) throw refusalOf(first)
    // A provider that restarted may sign with a new key under the old name: a bad signature is looked at again, too.
    const newer = await keys.newerThan(current, now)
    if (!newer) throw refusalOf(first)
    return verifyWith(newer.value).catch((second: unknown) => {
      throw refusalOf(second)
    })
  }
}

function refusalOf(error: unknown): SignInRefused {
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return new SignInRefused('id_token_signature', 'The signature of the ID token is wrong.')
  if (error instanceof errors.JWSInvalid) return malformed()
  return new SignInRefused('id_token_key', 'No key of the provider fits the ID token.', {
    cause: new Error(error instanceof Error ? error.message : 'unknown'),
  })
}

function claimsOf(payload: Uint8Array): IdTokenClaims {
  try {
    const claims: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
    if (typeof claims === 'object' && claims !== null && !Array.isArray(claims))
      return claims as IdTokenClaims
  } catch {
    // Said below.
  }
  throw malformed()
}

const malformed = () =>
  new SignInRefused('id_token_malformed', 'The ID token of the provider cannot be read.')
