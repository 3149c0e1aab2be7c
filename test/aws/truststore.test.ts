import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, request } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, expect, test } from 'vitest'
import { makeFetchTruststore, TRUSTSTORES } from '../../server/aws/truststore.ts'
import { openAuthority } from '../lab/ca.ts'

const folder = mkdtempSync(join(tmpdir(), 'latchkey-'))
const authority = await openAuthority(folder)
const certificate = await authority.issue(
  Object.values(TRUSTSTORES).map((url) => new URL(url).host),
)
let answer: (request: IncomingMessage, response: ServerResponse) => void
const asked: string[] = []
const server = createServer(certificate, (request, response) => {
  asked.push(`https://${request.headers.host}${request.url}`)
  answer(request, response)
}).listen(0, '127.0.0.1')
await once(server, 'listening')
afterAll(() => {
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true })
})

/** A real handshake with the name of AWS, that leads to the stand-in. A redirect is what `fetch` makes of it under `error`. */
const standIn: typeof fetch = (input, { signal, redirect, headers } = {}) =>
  new Promise((resolve, reject) => {
    const url = new URL(String(input))
    const call = request(
      {
        host: '127.0.0.1',
        port: (server.address() as AddressInfo).port,
        servername: url.host,
        path: url.pathname,
        headers: { ...(headers as Record<string, string>), host: url.host },
        ca: authority.pem,
        ...(signal && { signal }),
      },
      (incoming) => {
        const status = incoming.statusCode ?? 0
        if (redirect === 'error' && status >= 300 && status < 400)
          return reject(new TypeError('unexpected redirect'))
        resolve(new Response(Readable.toWeb(incoming) as ReadableStream, { status }))
      },
    )
    call.on('error', reject).end()
  })
const get = makeFetchTruststore({ fetch: standIn, bytes: 1_000, milliseconds: 400 })

test('each partition has its own address, by https', async () => {
  answer = (_, response) => response.end('a bundle')
  for (const partition of ['aws', 'aws-us-gov', 'aws-cn'] as const)
    expect(await get(partition)).toBe('a bundle')
  expect(asked.splice(0)).toEqual(Object.values(TRUSTSTORES))
  for (const url of Object.values(TRUSTSTORES))
    expect(url).toMatch(/^https:\/\/[a-z0-9.-]+\.amazonaws\.com(\.cn)?\//)
})

test.each<[string, typeof answer]>([
  ['another status', (_, response) => void response.writeHead(404).end('nothing here')],
  [
    'a redirect',
    (_, response) => void response.writeHead(302, { location: 'https://example.com/' }).end(),
  ],
  [
    'more than it may be, whatever it says about its length',
    (_, response) => {
      response.write('x'.repeat(900))
      response.end('x'.repeat(200))
    },
  ],
  ['no end', (_, response) => void response.write('-----BEGIN')],
  ['no beginning', () => {}],
])('%s is not taken', async (_, given) => {
  answer = given
  await expect(get('aws')).rejects.toMatchObject({
    code: 'upstream',
    reason: 'truststore_unreachable',
  })
})

test('who cannot prove to be AWS is not listened to', async () => {
  const unproven: typeof fetch = (input, init) =>
    standIn(String(input).replace('truststore.pki.rds', 'truststore.evil'), init)
  answer = (_, response) => response.end('a bundle')
  asked.length = 0
  await expect(makeFetchTruststore({ fetch: unproven })('aws')).rejects.toMatchObject({
    code: 'upstream',
  })
  expect(asked).toEqual([])
})
