import { createHash, randomBytes } from 'node:crypto'
import fs from 'node:fs'
import { createServer, type Server } from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { HttpPerson } from './http-person.ts'
import { type Idp, startIdp } from './idp.ts'
import { listenOnLoopback } from './loopback.ts'
import { PEOPLE } from './people.ts'

let home: string
let portalServer: Server
let portal: string
let idp: Idp
beforeAll(async () => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'latchkey-idp-'))
  // Stands where the portal would, only so that redirects arrive.
  portalServer = createServer((request, response) => response.end(request.url))
  portal = `http://localhost:${await listenOnLoopback(portalServer, 0, 'the test')}`
  idp = await startIdp({ home, portal })
})
afterAll(async () => {
  await idp.close()
  portalServer.close()
  portalServer.closeAllConnections()
  fs.rmSync(home, { recursive: true })
})

const verifier = randomBytes(32).toString('base64url')
const challenge = createHash('sha256').update(verifier).digest('base64url')

function authorizationUrl(changes: Record<string, string | undefined> = {}): string {
  const parameters = {
    client_id: 'latchkey',
    response_type: 'code',
    redirect_uri: `${portal}/auth/callback`,
    scope: 'openid profile email groups',
    state: 'a-state',
    nonce: 'a-nonce',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...changes,
  }
  const given = Object.entries(parameters).filter((pair) => pair[1] !== undefined)
  return `${idp.issuer}/auth?${new URLSearchParams(given as [string, string][])}`
}

async function choose(person: HttpPerson, sub: string, url = authorizationUrl()) {
  const page = await person.visit(url)
  const action = /<form method="post" action="([^"]+)"/.exec(page.text)?.[1] ?? ''
  return person.visit(`${idp.issuer}${action}`, {
    method: 'POST',
    body: new URLSearchParams({ sub }),
  })
}

async function exchange(code: string, secret = idp.clientSecret, codeVerifier = verifier) {
  const response = await fetch(`${idp.issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`latchkey:${secret}`).toString('base64')}` },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: `${portal}/auth/callback`,
      code_verifier: codeVerifier,
    }),
  })
  return { status: response.status, body: (await response.json()) as Record<string, string> }
}

const codeOf = (url: string) => new URL(url).searchParams.get('code') ?? ''
const verify = (token: string) =>
  jwtVerify(token, createRemoteJWKSet(new URL(`${idp.issuer}/jwks`)), {
    issuer: idp.issuer,
    audience: 'latchkey',
    algorithms: ['RS256'],
  })

test('the sign-in page offers the five people, and needs nothing from elsewhere', async () => {
  const { response, text } = await new HttpPerson().visit(authorizationUrl())
  for (const person of PEOPLE) expect(text).toContain(`value="${person.sub}"`)
  expect(text).not.toMatch(/<script|src=|https?:\/\//)
  expect(response.headers.get('content-security-policy')).toContain(`default-src 'none'`)
})

test.each(PEOPLE)(
  '$givenName $familyName arrives with their groups in the ID token',
  async (who) => {
    const { response } = await choose(new HttpPerson(), who.sub)
    const back = new URL(response.url)
    expect(back.origin + back.pathname).toBe(`${portal}/auth/callback`)
    expect(back.searchParams.get('state')).toBe('a-state')
    expect(back.searchParams.get('iss')).toBe(idp.issuer)
    const { body } = await exchange(codeOf(response.url))
    const { payload } = await verify(body['id_token'] ?? '')
    expect(payload).toMatchObject({
      sub: who.sub,
      nonce: 'a-nonce',
      name: `${who.givenName} ${who.familyName}`,
      email: who.email,
      email_verified: true,
      groups: who.groups,
    })
    const info = await fetch(`${idp.issuer}/me`, {
      headers: { authorization: `Bearer ${body['access_token']}` },
    })
    expect(await info.json()).toMatchObject({ sub: who.sub, groups: who.groups })
  },
)

test('a code works once', async () => {
  const { response } = await choose(new HttpPerson(), 'person-1001')
  expect((await exchange(codeOf(response.url))).status).toBe(200)
  expect(await exchange(codeOf(response.url))).toMatchObject({
    status: 400,
    body: { error: 'invalid_grant' },
  })
})

test('a wrong client secret or a wrong verifier gets nothing', async () => {
  const { response } = await choose(new HttpPerson(), 'person-1001')
  expect((await exchange(codeOf(response.url), 'wrong')).status).toBe(401)
  const other = randomBytes(32).toString('base64url')
  expect(await exchange(codeOf(response.url), idp.clientSecret, other)).toMatchObject({
    status: 400,
    body: { error: 'invalid_grant' },
  })
})

test.each([
  ['without PKCE', { code_challenge: undefined, code_challenge_method: undefined }],
  ['with plain PKCE', { code_challenge_method: 'plain' }],
])('%s there is no sign-in', async (_, changes) => {
  const { response } = await new HttpPerson().visit(authorizationUrl(changes))
  expect(new URL(response.url).searchParams.get('error')).toBe('invalid_request')
})

test('a redirect to somewhere else is refused on the spot', async () => {
  const url = authorizationUrl({ redirect_uri: 'http://localhost:1/auth/callback' })
  const { response, text } = await new HttpPerson().visit(url)
  expect(response.status).toBe(400)
  expect(new URL(response.url).origin).toBe(idp.issuer)
  expect(text).toContain('That did not work')
})

test('nobody is chosen, or somebody unknown: a sentence, not a session', async () => {
  const { response, text } = await choose(new HttpPerson(), 'person-9999')
  expect(response.status).toBe(400)
  expect(text).toContain('Begin again')
})

test('signing out at the portal’s word ends the session, without being asked again', async () => {
  const person = new HttpPerson()
  const { response } = await choose(person, 'person-1004')
  const { body } = await exchange(codeOf(response.url))
  const silent = await person.visit(authorizationUrl())
  expect(new URL(silent.response.url).pathname).toBe('/auth/callback')

  const end = new URLSearchParams({
    id_token_hint: body['id_token'] ?? '',
    client_id: 'latchkey',
    post_logout_redirect_uri: `${portal}/signed-out`,
  })
  const asked = await person.visit(`${idp.issuer}/session/end?${end}`)
  expect(asked.text).toContain(`document.getElementById('yes').click()`)
  const [, action = ''] = /action="([^"]+)"/.exec(asked.text) ?? []
  const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(asked.text) ?? []
  const out = await person.visit(action, {
    method: 'POST',
    body: new URLSearchParams({ xsrf, logout: 'yes' }),
  })
  expect(out.response.url).toBe(`${portal}/signed-out`)
  const again = await person.visit(authorizationUrl())
  expect(again.text).toContain('Who are you today?')
})

test('anybody else’s link to sign out asks first', async () => {
  const person = new HttpPerson()
  await choose(person, 'person-1004')
  const { text } = await person.visit(`${idp.issuer}/session/end`)
  expect(text).toContain('Stay signed in')
  expect(text).not.toContain('.click()')
})

test('keys stay after a restart; rotated, old tokens no longer verify', async () => {
  const { response } = await choose(new HttpPerson(), 'person-1001')
  const token = (await exchange(codeOf(response.url))).body['id_token'] ?? ''
  const { port, clientSecret } = idp
  await idp.close()
  idp = await startIdp({ home, portal, port })
  expect(idp.clientSecret).toBe(clientSecret)
  // The connection that fetch kept open ended with the old server; one request finds that out.
  await fetch(`${idp.issuer}/jwks`).catch(() => undefined)
  await expect(verify(token)).resolves.toBeDefined()
  await idp.rotateKeys()
  await expect(verify(token)).rejects.toThrow(/no applicable key/)
  const fresh = await choose(new HttpPerson(), 'person-1001')
  const after = (await exchange(codeOf(fresh.response.url))).body['id_token'] ?? ''
  expect(decodeProtectedHeader(after).kid).not.toBe(decodeProtectedHeader(token).kid)
  await expect(verify(after)).resolves.toBeDefined()
})
