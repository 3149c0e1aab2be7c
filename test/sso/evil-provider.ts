import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import {
  CompactSign,
  type CompactJWSHeaderParameters,
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JWK,
} from 'jose'

export type Claims = { [name: string]: unknown }
export type Header = CompactJWSHeaderParameters
type Endpoint = 'discovery' | 'jwks' | 'token' | 'userinfo' | 'elsewhere'
type Handler = (request: IncomingMessage, response: ServerResponse) => unknown

/** What the provider does wrong. Each is a change to what an honest one would send. */
export type Tricks = {
  metadata?: (honest: Claims) => unknown
  claims?: (honest: Claims) => Claims
  header?: (honest: Header) => Header
  /** The whole ID token in place of the signed one. */
  idToken?: (claims: Claims, header: Header) => Promise<unknown> | unknown
  /** The whole answer of the token endpoint. */
  tokens?: (honest: Claims) => unknown
  userinfo?: (honest: Claims) => unknown
  keys?: (honest: JWK[]) => unknown
  /** What the browser brings back. */
  callback?: (honest: URLSearchParams) => void
  /** Bytes of blanks after an answer that is right in all else. */
  padding?: Partial<Record<Endpoint, number>>
  /** Answers an endpoint by itself. */
  answer?: Partial<Record<Endpoint, Handler>>
}

export type Key = { kid: string; alg: string; privateKey: CryptoKey; publicJwk: JWK }

export async function newKey(alg: string, kid = randomBytes(4).toString('hex')): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return {
    kid,
    alg,
    privateKey,
    publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' },
  }
}

/** Any bytes as payload, any header that names the key's algorithm. */
export const sign = (payload: unknown, header: Header, key: Key): Promise<string> =>
  new CompactSign(
    new TextEncoder().encode(typeof payload === 'string' ? payload : JSON.stringify(payload)),
  )
    .setProtectedHeader(header)
    .sign(key.privateKey)

export const CLIENT = {
  id: 'latchkey',
  secret: 'a secret: with/special%characters',
  redirectUri: 'http://localhost:8080/auth/callback',
}

export type EvilProvider = Awaited<ReturnType<typeof startEvilProvider>>

/**
 * An OpenID provider on loopback that is honest and strict until a trick is set: it checks PKCE, redirect address,
 * client and single use of the code, so that a sign-in that works has really done all of it.
 */
export async function startEvilProvider() {
  const calls: Record<Endpoint, number> = {
    discovery: 0,
    jwks: 0,
    token: 0,
    userinfo: 0,
    elsewhere: 0,
  }
  const codes = new Map<string, { challenge: string; nonce: string | null }>()
  /** All that must never be seen outside: codes, tokens, verifiers, credentials. */
  const secrets = new Set<string>()
  const accessTokens = new Set<string>()

  const evil = {
    issuer: '',
    calls,
    secrets,
    tricks: {} as Tricks,
    key: await newKey('RS256'),
    clientAuth: 'basic' as 'basic' | 'post',
    /** What honest tokens say of the person. */
    person: {
      sub: 'ada',
      name: 'Ada Marín',
      email: 'ada@example.com',
      groups: ['payments-engineers'],
    } as Claims,
    now: () => Date.now(),
    authorize,
    reset() {
      evil.tricks = {}
      secrets.clear()
      for (const name of Object.keys(calls) as Endpoint[]) calls[name] = 0
    },
    /** Somebody signs in at the provider: the query with which the browser comes back. */
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }

  function authorize(address: string): URLSearchParams {
    const { searchParams: asked } = new URL(address)
    for (const name of ['client_id', 'redirect_uri', 'state', 'nonce', 'code_challenge'])
      if (asked.getAll(name).length !== 1) throw new Error(`${name} is not given once`)
    if (asked.get('response_type') !== 'code') throw new Error('not the code flow')
    if (asked.get('client_id') !== CLIENT.id) throw new Error('another client')
    if (asked.get('redirect_uri') !== CLIENT.redirectUri) throw new Error('another redirect_uri')
    if (asked.get('code_challenge_method') !== 'S256') throw new Error('no S256')
    if (!asked.get('scope')?.split(' ').includes('openid')) throw new Error('no openid')
    const code = randomBytes(24).toString('base64url')
    codes.set(code, { challenge: asked.get('code_challenge')!, nonce: asked.get('nonce') })
    secrets.add(code).add(asked.get('state')!).add(asked.get('nonce')!)
    const back = new URLSearchParams({ code, state: asked.get('state')!, iss: evil.issuer })
    evil.tricks.callback?.(back)
    return back
  }

  function metadata(): unknown {
    const at = (path: string) => `${evil.issuer}${path}`
    const honest: Claims = {
      issuer: evil.issuer,
      authorization_endpoint: at('/authorize?tenant=a%20b'),
      token_endpoint: at('/token'),
      jwks_uri: at('/jwks'),
      userinfo_endpoint: at('/userinfo'),
      end_session_endpoint: at('/logout?theme=dark'),
      authorization_response_iss_parameter_supported: true,
    }
    return evil.tricks.metadata ? evil.tricks.metadata(honest) : honest
  }

  async function token(request: IncomingMessage): Promise<[number, unknown]> {
    const form = new URLSearchParams(await text(request))
    const code = form.get('code') ?? ''
    const verifier = form.get('code_verifier') ?? ''
    secrets.add(verifier).add(request.headers.authorization ?? CLIENT.secret)
    const open = codes.get(code)
    codes.delete(code)
    if (!isClient(request, form)) return [401, { error: 'invalid_client' }]
    const isRight =
      open &&
      form.get('grant_type') === 'authorization_code' &&
      form.get('redirect_uri') === CLIENT.redirectUri &&
      createHash('sha256').update(verifier).digest('base64url') === open.challenge
    if (!isRight) return [400, { error: 'invalid_grant', error_description: `<b>${code}</b>` }]
    const honest = await tokensFor(open.nonce)
    const sent = (evil.tricks.tokens ? evil.tricks.tokens(honest) : honest) as Claims | undefined
    for (const value of Object.values(sent ?? {}))
      if (typeof value === 'string' && value.length > 20) secrets.add(value)
    return [200, sent]
  }

  function isClient(request: IncomingMessage, form: URLSearchParams): boolean {
    if (evil.clientAuth === 'post')
      return form.get('client_id') === CLIENT.id && form.get('client_secret') === CLIENT.secret
    const basic = Buffer.from(request.headers.authorization?.slice(6) ?? '', 'base64').toString()
    return basic.split(':').map(formDecoded).join('\n') === `${CLIENT.id}\n${CLIENT.secret}`
  }

  async function tokensFor(nonce: string | null): Promise<Claims> {
    const { tricks, key } = evil
    const access_token = randomBytes(24).toString('base64url')
    accessTokens.add(access_token)
    const now = Math.floor(evil.now() / 1000)
    const half = createHash('sha256').update(access_token).digest().subarray(0, 16)
    const honest: Claims = {
      iss: evil.issuer,
      aud: CLIENT.id,
      iat: now,
      exp: now + 300,
      nonce,
      at_hash: half.toString('base64url'),
      ...evil.person,
    }
    const claims = tricks.claims ? tricks.claims(honest) : honest
    const plain: Header = { alg: key.alg, kid: key.kid, typ: 'JWT' }
    const header = tricks.header ? tricks.header(plain) : plain
    const id_token = tricks.idToken
      ? await tricks.idToken(claims, header)
      : await sign(claims, header, key)
    return {
      access_token,
      token_type: 'bearer',
      expires_in: 300,
      refresh_token: randomBytes(24).toString('base64url'),
      id_token,
    }
  }

  function userinfo(request: IncomingMessage): [number, unknown] {
    const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
    if (bearer === undefined || !accessTokens.has(bearer)) return [401, { error: 'invalid_token' }]
    return [200, evil.tricks.userinfo ? evil.tricks.userinfo({ ...evil.person }) : evil.person]
  }

  function published(): unknown {
    const honest = [evil.key.publicJwk]
    return { keys: evil.tricks.keys ? evil.tricks.keys(honest) : honest }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = PATHS[request.url?.split('?')[0] ?? ''] ?? 'elsewhere'
    calls[name]++
    const own = evil.tricks.answer?.[name]
    if (own) return void (await own(request, response))
    const answers: Record<Endpoint, () => Promise<[number, unknown]> | [number, unknown]> = {
      discovery: () => [200, metadata()],
      jwks: () => [200, published()],
      token: () => token(request),
      userinfo: () => userinfo(request),
      elsewhere: () => [404, { error: 'nothing here' }],
    }
    const [status, body] = await answers[name]()
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body) + ' '.repeat(evil.tricks.padding?.[name] ?? 0))
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  evil.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return evil
}

/** RFC 6749 §2.3.1: both halves of the Basic header are form-encoded first. */
const formDecoded = (value: string) => decodeURIComponent(value.replaceAll('+', ' '))

const PATHS: { [path: string]: Endpoint } = {
  '/.well-known/openid-configuration': 'discovery',
  '/jwks': 'jwks',
  '/token': 'token',
  '/userinfo': 'userinfo',
}

/** One byte each 20 ms, for ever: faster than the 1 B/s that the threat names, so that a test of it is quick. */
export const drip: Handler = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.write('{')
  const timer = setInterval(() => response.write(' '), 20)
  response.on('close', () => clearInterval(timer))
}

/** Milliseconds that a test waits for a provider that answers never, or a byte at a time. */
export const SHORT = 300

/** Takes the question and never says a word. */
export const hang: Handler = () => undefined

export const TEN_MEBIBYTES = 10 * 1024 * 1024

export const redirectTo =
  (to: string): Handler =>
  (_request, response) =>
    void response.writeHead(302, { location: to, 'content-type': 'application/json' }).end('{}')

export const say =
  (status: number, body: string, type = 'application/json'): Handler =>
  (_request, response) =>
    void response.writeHead(status, { 'content-type': type }).end(body)

/** The connection is cut. */
export const cut: Handler = (request) => void request.socket.destroy()
