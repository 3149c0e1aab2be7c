import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { afterEach } from 'vitest'
import type { ServerCertificate } from '../lab/ca.ts'

/** A server that a look may meet: what it does once somebody connects. */
export type Peer = (socket: Socket, heard: Heard) => void

/** What a peer was told, in the clear and under TLS. */
export type Heard = { plain: Buffer[]; secret: Buffer[]; names: string[] }

const servers: (() => void)[] = []
afterEach(() => servers.splice(0).forEach((close) => close()))

/** Listens on a port of its own until the test is over. */
export async function listen(peer: Peer): Promise<{ port: number; heard: Heard }> {
  const heard: Heard = { plain: [], secret: [], names: [] }
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    peer(socket, heard)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  servers.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, heard }
}

/** The first `size` bytes; what came with them is left for who reads next. */
const next = (socket: Socket, heard: Heard, size: number, then: () => void) =>
  socket.once('data', (bytes: Buffer) => {
    heard.plain.push(bytes.subarray(0, size))
    socket.pause()
    if (bytes.length > size) socket.unshift(bytes.subarray(size))
    then()
  })

/** Goes on under TLS, with a certificate; listens, and says nothing. */
function secure(socket: Socket, heard: Heard, certificate: ServerCertificate) {
  const tls = new TLSSocket(socket, {
    isServer: true,
    ...certificate,
    SNICallback: (name, take) => {
      heard.names.push(name)
      take(null)
    },
  })
  tls.on('error', () => {})
  tls.on('data', (bytes: Buffer) => heard.secret.push(bytes))
}

/** As PostgreSQL answers SSLRequest: `S` and TLS with a certificate, or whatever else is given. */
export const postgres =
  (answer: ServerCertificate | string): Peer =>
  (socket, heard) =>
    next(socket, heard, 8, () => {
      if (typeof answer === 'string') return void socket.write(answer, 'latin1')
      socket.write('S')
      secure(socket, heard, answer)
    })

/** Greets as MySQL 8 does, byte for byte but for the challenge; in two pieces, as a network may. */
export const mysql =
  (certificate: ServerCertificate, capabilities = 0xffff): Peer =>
  (socket, heard) => {
    const payload = Buffer.concat([
      Buffer.from([10]),
      Buffer.from('8.0.39\0'),
      Buffer.from([7, 0, 0, 0]),
      Buffer.from('12345678\0'),
      Buffer.from([capabilities & 255, capabilities >> 8, 45, 2, 0, 0xff, 0xdf, 21]),
      Buffer.alloc(10),
      Buffer.from('123456789012\0mysql_clear_password\0'),
    ])
    const head = Buffer.alloc(4)
    head.writeUIntLE(payload.length, 0, 3)
    const packet = Buffer.concat([head, payload])
    socket.write(packet.subarray(0, 9))
    setTimeout(() => socket.write(packet.subarray(9)), 20)
    next(socket, heard, 36, () => secure(socket, heard, certificate))
  }

/** Says this at once, and then nothing. */
export const says =
  (bytes: Buffer): Peer =>
  (socket) =>
    void socket.write(bytes)

export const hangsUp: Peer = (socket) => void socket.destroy()
export const silent: Peer = (socket) => void socket.resume()
