import type { Duplex } from 'node:stream'
import { EndedError, readBytes } from './byte-reader.ts'
import { LONGEST_PASSWORD } from './door.ts'
import { beginScram, MECHANISM } from './scram.ts'
import { message, Refusal } from './startup-packet.ts'

/* How a client shows who it is, once it has said so (PostgreSQL manual, "Message Flow", "SASL Authentication"). */

/** A token comes as a password in the clear, inside TLS. @throws Refusal, EndedError */
export async function askForToken(stream: Duplex): Promise<string> {
  stream.write(authentication(3))
  const body = await readAnswer(stream)
  if (body.indexOf(0) !== body.length - 1) throw malformed('invalid password packet size')
  return body.subarray(0, -1).toString()
}

/** @param written what PostgreSQL keeps of the password, if there is one. @returns whether the client knows it. @throws Refusal, EndedError */
export async function askForPassword(
  stream: Duplex,
  user: string,
  written: string | undefined,
): Promise<boolean> {
  stream.write(authentication(10, `${MECHANISM}\0\0`))
  const exchange = beginScram(readInitial(await readAnswer(stream)), written, user)
  if (!exchange) throw malformed('malformed SCRAM message')
  stream.write(authentication(11, exchange.challenge))
  const proof = exchange.finish((await readAnswer(stream)).toString())
  if (proof !== undefined) stream.write(authentication(12, proof))
  return proof !== undefined
}

/** The mechanism that the client chose, then its message with the length before it. */
function readInitial(body: Buffer): string {
  const end = body.indexOf(0)
  if (body.subarray(0, Math.max(end, 0)).toString() !== MECHANISM || body.length < end + 5) {
    throw malformed('client selected an invalid SASL authentication mechanism')
  }
  const text = body.subarray(end + 5)
  if (text.length !== body.readInt32BE(end + 1)) throw malformed('malformed SCRAM message')
  return text.toString()
}

async function readAnswer(stream: Duplex): Promise<Buffer> {
  const type = (await readBytes(stream, 1)).readUInt8(0)
  // A client without a password just leaves.
  if (type === 'X'.charCodeAt(0)) throw new EndedError()
  if (type !== 'p'.charCodeAt(0)) {
    throw malformed(`expected password response, got message type ${type}`)
  }
  const length = (await readBytes(stream, 4)).readInt32BE(0) - 4
  if (length < 1 || length > LONGEST_PASSWORD) throw new EndedError()
  return readBytes(stream, length)
}

function authentication(kind: number, rest = ''): Buffer {
  const head = Buffer.alloc(4)
  head.writeInt32BE(kind, 0)
  return message('R', Buffer.concat([head, Buffer.from(rest)]))
}

const malformed = (what: string) => new Refusal('08P01', what)
