import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { EndedError, readBytes } from './byte-reader.ts'
import {
  CANCEL_REQUEST,
  GSS_REQUEST,
  LONGEST_STARTUP,
  parseStartup,
  Refusal,
  SSL_REQUEST,
} from './startup-packet.ts'

/** How the client wants to go on: TLS after it asked, TLS at once, or a request to cancel, which is the 16 bytes. */
export type Greeting = 'asked' | 'direct' | Buffer

const TLS_HANDSHAKE = 0x16

/**
 * Everything before TLS (PostgreSQL manual, "SSL Session Encryption").
 * Nothing that needs a secret is answered in the clear.
 * @throws Refusal, EndedError
 */
export async function greet(socket: Socket): Promise<Greeting> {
  if ((await peek(socket)) === TLS_HANDSHAKE) return 'direct'
  let body = await readPacket(socket)
  if (codeOf(body) === GSS_REQUEST) {
    refuseEarlyBytes(socket)
    socket.write('N')
    body = await readPacket(socket)
  }
  if (codeOf(body) === SSL_REQUEST) {
    refuseEarlyBytes(socket)
    socket.write('S')
    return 'asked'
  }
  if (codeOf(body) === CANCEL_REQUEST) return asCancel(body)
  const { user, database } = parseStartup(body)
  throw new Refusal(
    '28000',
    `pg_hba.conf rejects connection for host "127.0.0.1", user "${user}", database "${database}", no encryption`,
  )
}

/** The first packet inside TLS: a start-up packet, or a request to cancel from a client that encrypts these, too. */
export async function readPacket(stream: Duplex): Promise<Buffer> {
  const length = (await readBytes(stream, 4)).readInt32BE(0)
  if (length < 8 || length > LONGEST_STARTUP) throw new EndedError()
  return readBytes(stream, length - 4)
}

export const isCancel = (body: Buffer) => codeOf(body) === CANCEL_REQUEST

/** PostgreSQL's own process id and key, as they came: they say nothing to us. */
export function asCancel(body: Buffer): Buffer {
  if (body.length !== 12) throw new EndedError()
  return Buffer.concat([Buffer.from([0, 0, 0, 16]), body])
}

const codeOf = (body: Buffer) => body.readInt32BE(0)

async function peek(socket: Socket): Promise<number | undefined> {
  const first = await readBytes(socket, 1)
  socket.unshift(first)
  return first[0]
}

/** What stands behind the request came in the clear, from whoever sits between (CVE-2021-23214). */
function refuseEarlyBytes(socket: Socket): void {
  if (socket.readableLength > 0) throw new EndedError()
}
