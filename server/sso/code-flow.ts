import { randomBytes } from 'node:crypto'
import oauth2, { type OAuth2Namespace } from '@fastify/oauth2'
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import type { SignInSecrets } from '../core/person/ports.ts'
import { SignInRefused } from '../core/person/identity.ts'
import type { Metadata } from './discovery.ts'
import { releaseAnswer, tokenRefusal } from './token-refusal.ts'
import type { Limits } from './limits.ts'

export type Client = {
  id: string
  secret: string
  /** How it names itself at the token endpoint: `client_secret_basic` or `client_secret_post`. */
  auth: 'basic' | 'post'
  scopes: string[]
  /** Registered at the provider; never made from what a request says. */
  redirectUri: string
}

/** What the token endpoint answered; neither is proved yet. */
export type TokenAnswer = { idToken: unknown; accessToken: string | undefined }

export type CodeFlow = {
  begin(): Promise<{ url: URL; secrets: Pick<SignInSecrets, 'state' | 'verifier'> }>
  /** Throws SignInRefused. */
  exchange(code: string, secrets: SignInSecrets): Promise<TokenAnswer>
}

/** The names of the plugin's two cookies, which never reach a browser here. */
const STATE = '__Host-oauth2-redirect-state'
const VERIFIER = '__Host-oauth2-code-verifier'

/**
 * `@fastify/oauth2` for one provider: it makes the authorization request with S256 and exchanges the code.
 * It would keep state and verifier in cookies, one pair a browser and valid as often as they are sent.
 * So it runs in an instance of Fastify that nobody can reach, and what it takes for a cookie jar is our sign-in
 * transaction: one for each sign-in, in the store, taken out once.
 */
export async function makeCodeFlow(
  metadata: Pick<Metadata, 'authorization_endpoint' | 'token_endpoint'>,
  client: Client,
  limits: Limits,
): Promise<CodeFlow> {
  const host = Fastify()
  await host.register(oauth2, {
    name: 'provider',
    credentials: {
      client: { id: client.id, secret: client.secret },
      // Whole addresses as paths: hosts and paths apart would lose the query, and mistake `//` at the start of a path.
      auth: {
        authorizeHost: metadata.authorization_endpoint,
        authorizePath: metadata.authorization_endpoint,
        tokenHost: metadata.token_endpoint,
        tokenPath: metadata.token_endpoint,
      },
      // `redirects: 0` is an error at the first one; `false` would take its body for the answer.
      http: { timeout: limits.time, maxBytes: limits.size, redirects: 0 },
      options: { authorizationMethod: client.auth === 'basic' ? 'header' : 'body' },
    },
    scope: client.scopes,
    callbackUri: client.redirectUri,
    pkce: 'S256',
    hostPrefixedCookies: true,
    generateStateFunction: () => randomBytes(32).toString('base64url'),
    // Whether the state is one of ours was settled when the transaction was taken by it.
    checkStateFunction: (request: FastifyRequest) =>
      (request.query as { state: string }).state === request.cookies[STATE],
  })
  await host.ready()
  const plugin = host.oauth2Provider as OAuth2Namespace

  return {
    begin: async () => {
      const jar = new Map<string, string>()
      const reply = { setCookie: (name: string, value: string) => jar.set(name, value) }
      const url = await plugin.generateAuthorizationUri(
        {} as FastifyRequest,
        reply as unknown as FastifyReply,
      )
      return {
        url: new URL(url),
        secrets: { state: held(jar, STATE), verifier: held(jar, VERIFIER) },
      }
    },

    exchange: async (code, { state, verifier }) => {
      // The plugin would send an empty verifier without a word.
      if (!verifier)
        throw new SignInRefused('transaction_unknown', 'This sign-in was begun without a verifier.')
      const request = { query: { code, state }, cookies: { [STATE]: state, [VERIFIER]: verifier } }
      const asked = plugin
        .getAccessTokenFromAuthorizationCodeFlow(request as unknown as FastifyRequest)
        .catch((error: unknown) => {
          releaseAnswer(error)
          throw tokenRefusal(error)
        })
      // The plugin's limit counts waiting and reading apart; ours holds for both.
      const { token } = await within(limits.time, asked)
      return answerOf({ ...token })
    },
  }
}

function held(jar: Map<string, string>, name: string): string {
  const value = jar.get(name)
  if (!value) throw new Error(`@fastify/oauth2 did not set ${name}`)
  return value
}

function answerOf(token: { [name: string]: unknown }): TokenAnswer {
  const { id_token: idToken, access_token: accessToken, token_type: type } = token
  // Another kind of access token (DPoP) is not ours to use; the case of the word is free (RFC 6749 §5.1).
  const isBearer = type === undefined || (typeof type === 'string' && /^bearer$/i.test(type))
  const isText = typeof accessToken === 'string' && /^[\x21-\x7e]+$/.test(accessToken)
  if (!isBearer || (accessToken !== undefined && !isText))
    throw new SignInRefused('provider_error', 'The provider sent an access token of another kind.')
  return { idToken, accessToken: isText ? accessToken : undefined }
}

async function within<T>(time: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new SignInRefused('provider_unavailable', 'The provider does not answer.')),
      time,
    )
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}
