import type { Socket } from 'node:net'
import { ProbeError } from './probe-error.ts'
import { receive } from './receive.ts'

/** A greeting is about a hundred bytes long. */
const LONGEST = 1_024

const CLIENT_PROTOCOL_41 = 0x0200
const CLIENT_SSL = 0x0800
const CLIENT_SECURE_CONNECTION = 0x8000
const CLIENT_PLUGIN_AUTH = 0x80000
const UTF8MB4 = 45

/**
 * Reads the greeting and asks for TLS, without a name or a password
 * (MySQL internals, "Protocol::HandshakeV10" and "Protocol::SSLRequest"; MariaDB speaks the same).
 */
export async function askMySql(socket: Socket): Promise<void> {
  let bytes = await receive(socket)
  while (bytes.length < 4 || bytes.length < 4 + bytes.readUIntLE(0, 3)) {
    if (bytes.length > LONGEST) throw new ProbeError('protocol')
    bytes = Buffer.concat([bytes, await receive(socket)])
  }
  const greeting = bytes.subarray(4)
  if (bytes.length > LONGEST || bytes.length !== 4 + bytes.readUIntLE(0, 3) || greeting[0] !== 10)
    throw new ProbeError('protocol')
  // The version ends with a zero; behind it lie the connection's number, eight bytes of challenge and a zero.
  const capabilities = greeting.indexOf(0, 1) + 1 + 4 + 8 + 1
  if (capabilities + 2 > greeting.length) throw new ProbeError('protocol')
  if ((greeting.readUInt16LE(capabilities) & CLIENT_SSL) === 0) throw new ProbeError('no_tls')
  socket.write(SSL_REQUEST)
}

const SSL_REQUEST = Buffer.alloc(36)
SSL_REQUEST.writeUIntLE(32, 0, 3)
SSL_REQUEST.writeUInt8(1, 3)
SSL_REQUEST.writeUInt32LE(
  CLIENT_PROTOCOL_41 | CLIENT_SSL | CLIENT_SECURE_CONNECTION | CLIENT_PLUGIN_AUTH,
  4,
)
SSL_REQUEST.writeUInt32LE(2 ** 24 - 1, 8)
SSL_REQUEST.writeUInt8(UTF8MB4, 12)
