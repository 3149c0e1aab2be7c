import { createHash } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { EndedError, readBytes } from './byte-reader.ts'

/*
 * The first packets of a MySQL session (MySQL internals manual, "Connection Phase"; MariaDB knowledge base, "Connection").
 * The server behind the door lets in whom the door names, so the door passes on nothing that it did not understand.
 */

/** The capability flags that we tell apart. */
export const CAN = {
  longPassword: 1,
  connectWithDb: 1 << 3,
  protocol41: 1 << 9,
  ssl: 1 << 11,
  secureConnection: 1 << 15,
  pluginAuth: 1 << 19,
  connectAttributes: 1 << 20,
  longAuth: 1 << 21,
} as const

/**
 * What may be agreed on between client and server: the flags up to `DEPRECATE_EOF`, without compression, which the door
 * would have to undo, and without TLS, which ends here.
 */
const PASSED_ON = 0x01ff_ffff & ~(1 << 5) & ~CAN.ssl
/** What every packet that we read and write relies on. */
export const NEEDED = CAN.protocol41 | CAN.secureConnection | CAN.pluginAuth

/** A refusal in the form of the server's own. */
export class MySqlRefusal extends Error {
  override readonly name = 'MySqlRefusal'
  readonly code: number
  readonly sqlstate: string

  constructor(code: number, sqlstate: string, message: string) {
    super(message)
    this.code = code
    this.sqlstate = sqlstate
  }
}

export const badHandshake = () => new MySqlRefusal(1043, '08S01', 'Bad handshake')

/** One packet, with this number and no longer than `most`. @throws EndedError, MySqlRefusal */
export async function readPacket(stream: Duplex, sequence: number, most: number): Promise<Buffer> {
  const head = await readBytes(stream, 4)
  const length = head.readUIntLE(0, 3)
  if (length > most) throw new EndedError()
  if (head[3] !== sequence) throw new MySqlRefusal(1156, '08S01', 'Got packets out of order')
  return length === 0 ? Buffer.alloc(0) : readBytes(stream, length)
}

export function packet(sequence: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(4)
  head.writeUIntLE(payload.length, 0, 3)
  head[3] = sequence
  return Buffer.concat([head, payload])
}

export function refusal(sequence: number, { code, sqlstate, message }: MySqlRefusal): Buffer {
  const head = Buffer.from([0xff, code & 0xff, code >> 8])
  return packet(sequence, Buffer.concat([head, Buffer.from(`#${sqlstate}${message}`)]))
}

export type Greeting = {
  version: string
  thread: number
  salt: Buffer
  capabilities: number
  charset: number
  status: number
}

/** What the server behind the door says first. @throws EndedError when it is not what we know */
export function parseGreeting(payload: Buffer): Greeting {
  const end = payload.indexOf(0, 1)
  if (payload[0] !== 10 || end < 0 || payload.length < end + 45) throw new EndedError()
  const at = end + 1
  return {
    version: payload.toString('latin1', 1, end),
    thread: payload.readUInt32LE(at),
    salt: Buffer.concat([
      payload.subarray(at + 4, at + 12),
      payload.subarray(at + 31, at + 31 + 12),
    ]),
    capabilities: (payload.readUInt16LE(at + 13) | (payload.readUInt16LE(at + 18) << 16)) >>> 0,
    charset: payload.readUInt8(at + 15),
    status: payload.readUInt16LE(at + 16),
  }
}

/**
 * The server's own greeting as the door repeats it: with TLS, without what the door cannot pass on.
 * `longPassword` says "not MariaDB" to MariaDB's clients, which then ask for none of its further capabilities.
 */
export const offered = (capabilities: number) =>
  ((capabilities & PASSED_ON) | NEEDED | CAN.longPassword | CAN.longAuth | CAN.ssl) >>> 0

export function buildGreeting({ version, thread, salt, charset, status, capabilities }: Greeting) {
  const fixed = Buffer.alloc(31)
  fixed.writeUInt32LE(thread, 0)
  salt.copy(fixed, 4, 0, 8)
  fixed.writeUInt16LE(capabilities & 0xffff, 13)
  fixed[15] = charset
  fixed.writeUInt16LE(status, 16)
  fixed.writeUInt16LE(capabilities >>> 16, 18)
  fixed[20] = 21
  return Buffer.concat([
    Buffer.from(`\n${version}\0`, 'latin1'),
    fixed,
    salt.subarray(8, 20),
    Buffer.from('\0mysql_native_password\0', 'latin1'),
  ])
}

/** The server asks for the password as it is, which clients give inside TLS alone. */
export const askForPassword = () => Buffer.from('\xfemysql_clear_password\0', 'latin1')

/** How the server itself is told who comes: by the double SHA-1 of `mysql_native_password`. */
export function scramble(password: string, salt: Buffer): Buffer {
  const sha1 = (...parts: (string | Buffer)[]) =>
    parts.reduce((hash, part) => hash.update(part), createHash('sha1')).digest()
  const once = sha1(password)
  const mask = sha1(salt, sha1(once))
  return Buffer.from(once.map((byte, i) => byte ^ (mask[i] ?? 0)))
}
