import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Received = { path: string; headers: IncomingHttpHeaders; body: string }

/** What the receiver does with a message that it has read. */
export type Manner = (response: ServerResponse, received: Received) => void

export const well: Manner = (response) => void response.end('ok')
export const answers =
  (status: number, headers: Record<string, string> = {}): Manner =>
  (response) =>
    void response.writeHead(status, headers).end('{"error":"secret words of the receiver"}')
export const silent: Manner = () => {}

/** An HTTP server on loopback that keeps what it got, and behaves as a test says; `manner` may be changed at any time. */
export async function startReceiver(first: Manner = well) {
  const received: Received[] = []
  let server: Server | undefined
  let port = 0
  const receiver = {
    manner: first,
    received,
    url: '',
    /** Nobody listens there, until `up`. */
    down: async () => {
      const gone = server
      server = undefined
      gone?.closeAllConnections()
      await new Promise((resolve) => (gone ? gone.close(resolve) : resolve(null)))
    },
    up: async () => {
      server = createServer((request, response) => {
        const chunks: Buffer[] = []
        request.on('data', (chunk: Buffer) => chunks.push(chunk))
        request.on('error', () => {})
        request.on('end', () => {
          const body = Buffer.concat(chunks).toString()
          const call = { path: request.url ?? '', headers: request.headers, body }
          received.push(call)
          receiver.manner(response, call)
        })
      }).listen(port, '127.0.0.1')
      await once(server, 'listening')
      port = (server.address() as AddressInfo).port
      receiver.url = `http://127.0.0.1:${port}`
    },
  }
  await receiver.up()
  return receiver
}
export type Receiver = Awaited<ReturnType<typeof startReceiver>>
