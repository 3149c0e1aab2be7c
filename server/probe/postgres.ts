import type { Socket } from 'node:net'
import { ProbeError } from './probe-error.ts'
import { receive } from './receive.ts'

/** SSLRequest: its length, and 1234 and 5679 in place of a version (PostgreSQL documentation, "Message Formats"). */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])

/**
 * Asks for TLS before anything else is said. After this the server expects a ClientHello.
 * More than the one byte would be something said in the clear that could pass for said under TLS (CVE-2021-23222).
 */
export async function askPostgres(socket: Socket): Promise<void> {
  socket.write(SSL_REQUEST)
  const answer = (await receive(socket)).toString('latin1')
  if (answer === 'N') throw new ProbeError('no_tls')
  if (answer !== 'S') throw new ProbeError('protocol')
}
