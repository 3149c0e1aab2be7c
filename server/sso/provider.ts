import { createHash, randomBytes } from 'node:crypto'
import { SignInRefused } from '../core/person/identity.ts'
import type { Provider } from '../core/person/ports.ts'
import { type Client, type CodeFlow, makeCodeFlow } from './code-flow.ts'
import { discover, isIssuer, type Metadata } from './discovery.ts'
import type { Fetch } from './fetch-json.ts'
import { fresh } from './fresh.ts'
import { identify } from './identity.ts'
import { type SigningAlgorithm, verifyIdToken } from './id-token.ts'
import { makeKeys } from './keys.ts'
import { FRESH, LIMITS, type Limits } from './limits.ts'

export type ProviderOptions = {
  issuer: string
  clientId: string
  clientSecret: string
  clientAuth: 'basic' | 'post'
  scopes: string[]
  groupsClaim: string
  signingAlg?: SigningAlgorithm
  /** Our own origin, without a slash at the end. */
  publicUrl: string
  fetch?: Fetch
  /** Milliseconds. */
  now?: () => number
  limits?: Limits
}

/**
 * The company's OpenID provider. Makes no call until somebody signs in.
 * Throws Error when the issuer is no address that can be trusted: `https`, or `http` on loopback.
 */
export function makeProvider(options: ProviderOptions): Provider {
  const { issuer, clientId, publicUrl, groupsClaim } = options
  const { signingAlg: algorithm = 'RS256', limits = LIMITS, now = Date.now } = options
  const peer = { fetch: options.fetch ?? fetch, limits }
  if (!isIssuer(issuer))
    throw new Error(`${issuer} cannot be an issuer: it must be an https address.`)

  const metadata = fresh(() => discover(issuer, peer), FRESH, now)
  const current = async () => (await metadata.get()).value
  const keys = makeKeys({ ...peer, now, uri: async () => (await current()).jwks_uri })
  const flowFor = oneFlow(clientOf(options), limits)
  const mark = markOf(issuer, clientId)

  return {
    begin: (wish) =>
      refusing(async () => {
        const { url, secrets } = await (await flowFor(await current())).begin()
        const nonce = `${randomBytes(32).toString('base64url')}.${mark}`
        url.searchParams.set('nonce', nonce)
        // `max_age` obliges the provider to say when it saw the person (Core §3.1.2.1); `prompt` alone does not.
        if (wish?.again) {
          url.searchParams.set('prompt', 'login')
          url.searchParams.set('max_age', '0')
        }
        return { url: url.href, secrets: { ...secrets, nonce } }
      }),

    complete: ({ code, iss, againSince }, secrets) =>
      refusing(async () => {
        if (!secrets.nonce.endsWith(`.${mark}`)) throw mixedUp()
        const about = await current()
        requireIssuer(iss, about)
        const { idToken, accessToken } = await (await flowFor(about)).exchange(code, secrets)
        const expected = {
          issuer,
          clientId,
          algorithm,
          accessToken,
          nonce: secrets.nonce,
          now: now(),
          againSince: againSince?.getTime(),
        }
        const claims = await verifyIdToken(idToken, expected, keys)
        const found = {
          issuer,
          claims,
          accessToken,
          userInfoEndpoint: about.userinfo_endpoint,
          now: expected.now,
        }
        return identify(found, { ...peer, groupsClaim })
      }),

    // Metadata of any age will do: it is only a link, and signing out must not wait for a provider that is down.
    logoutUrl: async () => {
      try {
        const about = metadata.last()?.value ?? (await current())
        if (about.end_session_endpoint === undefined) return null
        const url = new URL(about.end_session_endpoint)
        url.searchParams.set('client_id', clientId)
        url.searchParams.set('post_logout_redirect_uri', `${publicUrl}/signed-out`)
        return url.href
      } catch {
        return null
      }
    },
  }
}

const clientOf = (options: ProviderOptions): Client => ({
  id: options.clientId,
  secret: options.clientSecret,
  auth: options.clientAuth,
  scopes: options.scopes,
  redirectUri: `${options.publicUrl}/auth/callback`,
})

/** The plugin is built anew only when the provider has moved. */
function oneFlow(client: Client, limits: Limits): (about: Metadata) => Promise<CodeFlow> {
  let built: { about: Metadata; flow: Promise<CodeFlow> } | undefined
  return (about) => {
    const isSame =
      built?.about.authorization_endpoint === about.authorization_endpoint &&
      built.about.token_endpoint === about.token_endpoint
    if (!built || !isSame) built = { about, flow: makeCodeFlow(about, client, limits) }
    return built.flow
  }
}

/**
 * Ends every nonce, so that a transaction says which provider it was begun at, also after a restart with another one
 * configured: a code of the one must never be sent to the other (RFC 9700 §4.4).
 */
const markOf = (issuer: string, clientId: string) =>
  createHash('sha256').update(`${issuer}\n${clientId}`).digest('base64url').slice(0, 22)

/** RFC 9207 §2.4: right when it is there, and there when the provider says that it always is. */
function requireIssuer(iss: string | undefined, about: Metadata): void {
  const isMissing = iss === undefined && about.authorization_response_iss_parameter_supported
  if (isMissing || (iss !== undefined && iss !== about.issuer)) throw mixedUp()
}

const mixedUp = () =>
  new SignInRefused('issuer_mismatch', 'The answer comes from another provider than was asked.')

/** Whatever a provider can make fail is a refusal. The cause is for the log and holds nothing that was sent. */
async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof SignInRefused) throw error
    throw new SignInRefused('provider_error', 'The provider sent what the portal cannot read.', {
      cause: new Error(error instanceof Error ? `${error.name} in the sign-in` : 'unknown'),
    })
  }
}
