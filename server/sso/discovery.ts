import { Type, type Static } from 'typebox'
import { Check } from 'typebox/value'
import { SignInRefused } from '../core/person/identity.ts'
import { FetchFailed, fetchJson, type Fetch } from './fetch-json.ts'
import type { Limits } from './limits.ts'

const Endpoint = Type.String({ minLength: 1, maxLength: 2048 })

/**
 * What we use of OpenID Connect Discovery 1.0 §3; the rest is not looked at.
 * Least of all `code_challenge_methods_supported`: the challenge is S256 whatever it says (RFC 9700 §4.8).
 */
const Metadata = Type.Object({
  issuer: Type.String(),
  authorization_endpoint: Endpoint,
  token_endpoint: Endpoint,
  jwks_uri: Endpoint,
  userinfo_endpoint: Type.Optional(Endpoint),
  end_session_endpoint: Type.Optional(Endpoint),
  /** RFC 9207. */
  authorization_response_iss_parameter_supported: Type.Optional(Type.Boolean()),
})
export type Metadata = Static<typeof Metadata>

const ENDPOINTS = [
  'authorization_endpoint',
  'token_endpoint',
  'jwks_uri',
  'userinfo_endpoint',
  'end_session_endpoint',
] as const

/** Asks the issuer for its metadata. Throws SignInRefused `provider_unavailable` or `metadata_invalid`. */
export async function discover(
  issuer: string,
  options: { fetch: Fetch; limits: Limits },
): Promise<Metadata> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const found = await fetchJson(url, options).catch((error: unknown) => {
    if (error instanceof FetchFailed && error.kind === 'unavailable') throw unreachable(error)
    throw invalid(error instanceof Error ? error.message : 'unreadable')
  })
  if (!Check(Metadata, found)) throw invalid('an endpoint is missing or of the wrong type')
  // Byte for byte: otherwise another issuer could answer for this one (Discovery §4.3).
  if (found.issuer !== issuer) throw invalid('it is the metadata of another issuer')
  for (const name of ENDPOINTS) {
    const endpoint = found[name]
    if (endpoint !== undefined && !isSafe(endpoint, issuer)) throw invalid(`${name} is not safe`)
  }
  return found
}

/** Whether a configured issuer can be used at all: `https`, or `http` on loopback; nothing after the path (Discovery §3). */
export const isIssuer = (issuer: string): boolean => isSafe(issuer, issuer) && !/[?#]/.test(issuer)

/** `https`; plain `http` only on loopback and only for an issuer that is there too. No user name, no fragment. */
function isSafe(text: string, issuer: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username, password, hash } = new URL(text)
  if (username || password || hash) return false
  const plain = protocol === 'http:' && isLoopback(hostname)
  const home = isLoopback(new URL(issuer).hostname)
  return plain ? home : protocol === 'https:' && (home || !isLoopback(hostname))
}

const isLoopback = (host: string) =>
  host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host)

const unreachable = (cause: FetchFailed) =>
  new SignInRefused('provider_unavailable', 'The provider does not answer.', { cause })

const invalid = (why: string) =>
  new SignInRefused('metadata_invalid', 'The provider describes itself in a way we cannot trust.', {
    cause: new Error(why),
  })
