import net from 'node:net'
import type { AddressInfo } from 'node:net'
import tls from 'node:tls'

export type Login = { parameters: Record<string, string>; password: string; serverName: string }

const SSL_REQUEST = 80877103

/**
 * The first part of a PostgreSQL server: TLS, start-up packet, cleartext password. It keeps what it was told and then
 * refuses, so that a real client's own parser shows what it made of a connection string.
 */
export async function startRecorder(certificate: { key: string; cert: string }) {
  const logins: Login[] = []
  const server = net.createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', (first) => {
      if (first.readInt32BE(4) !== SSL_REQUEST) return socket.destroy()
      socket.write('S')
      const secure = new tls.TLSSocket(socket, { isServer: true, ...certificate })
      secure.on('error', () => {})
      record(secure, logins)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { logins, port: (server.address() as AddressInfo).port, close: () => server.close() }
}

function record(socket: tls.TLSSocket, logins: Login[]): void {
  let received = Buffer.alloc(0)
  let parameters: Record<string, string> | undefined
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    if (!parameters) {
      if (received.length < 4 || received.length < received.readInt32BE(0)) return
      const words = received.subarray(8).toString('utf8').split('\0').slice(0, -2)
      parameters = Object.fromEntries(
        words.flatMap((word, index) => (index % 2 === 0 ? [[word, words[index + 1] ?? '']] : [])),
      )
      received = Buffer.alloc(0)
      socket.write(message('R', Buffer.from([0, 0, 0, 3])))
    } else if (received.length >= 5 && received.length >= 1 + received.readInt32BE(1)) {
      const serverName = typeof socket.servername === 'string' ? socket.servername : ''
      const password = received.subarray(5, -1).toString('utf8')
      logins.push({ parameters, password, serverName })
      socket.end(message('E', Buffer.from('SFATAL\0C28000\0Mrecorded\0\0')))
    }
  })
}

function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.write(type)
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}
