import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import path from 'node:path'
import type Provider from 'oidc-provider'
import { messagePage, signInPage } from './idp-page.ts'
import { CLIENT_ID, type Kept, makeProvider } from './idp-provider.ts'
import { keepFile, writeKept } from './kept-file.ts'
import { listenOnLoopback } from './loopback.ts'
import { findPerson, PEOPLE } from './people.ts'

export type IdpOptions = {
  home: string
  /** 0 takes a free one. */
  port?: number
  /** The origin of the portal, `http://localhost:8080`: who may ask, and where people go back to. */
  portal: string
}

export type Idp = {
  issuer: string
  port: number
  clientId: string
  clientSecret: string
  /** New signing keys at once, as after a provider lost its old ones. */
  rotateKeys(): Promise<void>
  close(): Promise<void>
}

/** A real OpenID provider on loopback, with people to sign in as and one client: the portal. Its keys stay in the home folder. */
export async function startIdp({ home, port: wanted = 0, portal }: IdpOptions): Promise<Idp> {
  const text = await keepFile(home, 'idp.json', async () =>
    JSON.stringify({
      clientSecret: randomBytes(32).toString('base64url'),
      cookieKey: randomBytes(32).toString('base64url'),
      jwk: await makeKey(),
    } satisfies Kept),
  )
  let kept = JSON.parse(text) as Kept
  let handle: (request: IncomingMessage, response: ServerResponse) => unknown = () => undefined
  const server = createServer((request, response) => handle(request, response))
  const port = await listenOnLoopback(server, wanted, 'the OpenID provider of the lab')
  // A name, not an address: browsers count it as secure all the same.
  const issuer = `http://localhost:${port}`
  const start = async () => {
    handle = makeHandler(await makeProvider(issuer, portal, kept), portal)
  }
  await start()
  return {
    issuer,
    port,
    clientId: CLIENT_ID,
    clientSecret: kept.clientSecret,
    async rotateKeys() {
      kept = { ...kept, jwk: await makeKey() }
      writeKept(path.join(home, 'idp.json'), JSON.stringify(kept))
      await start()
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function makeKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const kid = randomBytes(8).toString('hex')
  return { ...(await exportJWK(privateKey)), kid, alg: 'RS256', use: 'sig' }
}

/** Our own page in front, for the one step that a provider leaves to its house: who are you? */
function makeHandler(provider: Provider, portal: string) {
  const next = provider.callback()
  return (request: IncomingMessage, response: ServerResponse) => {
    if (!request.url?.startsWith('/interaction/')) return next(request, response)
    interact(provider, portal, request, response).catch(() => {
      const lost = messagePage('That did not work', 'This sign-in is over. Begin again.', portal)
      if (!response.headersSent) response.writeHead(400, lost.headers).end(lost.html)
    })
  }
}

async function interact(
  provider: Provider,
  portal: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { uid } = await provider.interactionDetails(request, response)
  if (request.method === 'GET') {
    const page = signInPage(`/interaction/${uid}`, PEOPLE, portal)
    return void response.writeHead(200, page.headers).end(page.html)
  }
  const person = findPerson((await readForm(request)).get('sub') ?? '')
  if (request.method !== 'POST' || !person) throw new Error('nobody was chosen')
  const result = { login: { accountId: person.sub, remember: false } }
  await provider.interactionFinished(request, response, result, {
    mergeWithLastSubmission: false,
  })
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let text = ''
  for await (const chunk of request as AsyncIterable<Buffer>) {
    text += chunk.toString()
    if (text.length > 1000) throw new Error('the form is too large')
  }
  return new URLSearchParams(text)
}
