import { badHandshake, CAN, MySqlRefusal, NEEDED } from './mysql-packet.ts'

/** What a client answers to the greeting, as far as both sides agreed on it. */
export type Response = {
  capabilities: number
  mostBytes: number
  charset: number
  user: string
  database: string | undefined
  /** Whether it gave a password of whatever kind. */
  hasPassword: boolean
}

/** Names are cut by no server before these; MySQL counts characters, at 32 and 64, MariaDB up to 128. */
const LONGEST_NAME = 256
const FIXED = 32

/** UTF-8 in its MySQL and MariaDB numbers; a name in another writing would be read by the server in another way than by us. */
const isUtf8 = (charset: number) =>
  [33, 45, 46, 76, 83].includes(charset) || (charset >= 192 && charset <= 255)
/** Latin 1, in which plain ASCII means the same. */
const isLatin1 = (charset: number) => [5, 8, 15, 31, 47, 48, 49, 94].includes(charset)

/** A request for TLS is the head of a response and nothing more. */
export const wantsTls = (payload: Buffer) =>
  payload.length === FIXED && (payload.readUInt32LE(0) & CAN.ssl) !== 0

/** @param offered what the greeting said. @throws MySqlRefusal */
export function parseResponse(payload: Buffer, offered: number): Response {
  if (payload.length < FIXED + 1) throw badHandshake()
  const capabilities = (payload.readUInt32LE(0) & offered) >>> 0
  if ((capabilities & CAN.protocol41) === 0 || (capabilities & CAN.secureConnection) === 0)
    throw badHandshake()
  if ((capabilities & NEEDED) !== NEEDED) {
    const text =
      'Client does not support authentication protocol requested by server; consider upgrading MySQL client'
    throw new MySqlRefusal(1251, '08004', text)
  }
  const charset = payload.readUInt8(8)
  const reader = new FieldReader(payload, FIXED)
  const user = decode(reader.untilNul(), charset)
  const auth = reader.counted((capabilities & CAN.longAuth) !== 0)
  const database = capabilities & CAN.connectWithDb ? decode(reader.untilNul(), charset) : undefined
  // The plugin that it began with, and what it tells about itself, are of no use to us: only their form is checked.
  reader.untilNul()
  if (capabilities & CAN.connectAttributes) reader.counted(true)
  reader.end()
  return {
    capabilities,
    mostBytes: payload.readUInt32LE(4),
    charset,
    user,
    database: database === '' ? undefined : database,
    hasPassword: auth.length > 0,
  }
}

/** The packet that the door sends in place of the client's. */
export function buildResponse(
  { capabilities, mostBytes, charset, user, database }: Response,
  auth: Buffer,
): Buffer {
  const layout = CAN.ssl | CAN.connectAttributes | CAN.longAuth | CAN.connectWithDb
  const agreed = (capabilities & ~layout) | NEEDED | CAN.longPassword
  const head = Buffer.alloc(FIXED)
  head.writeUInt32LE((agreed | (database === undefined ? 0 : CAN.connectWithDb)) >>> 0, 0)
  head.writeUInt32LE(mostBytes, 4)
  head[8] = charset
  return Buffer.concat([
    head,
    Buffer.from(`${user}\0`),
    Buffer.from([auth.length]),
    auth,
    Buffer.from(database === undefined ? '' : `${database}\0`),
    Buffer.from('mysql_native_password\0'),
  ])
}

class FieldReader {
  #payload: Buffer
  #at: number

  constructor(payload: Buffer, at: number) {
    this.#payload = payload
    this.#at = at
  }

  untilNul(): Buffer {
    const end = this.#payload.indexOf(0, this.#at)
    if (end < 0) throw badHandshake()
    const bytes = this.#payload.subarray(this.#at, end)
    this.#at = end + 1
    return bytes
  }

  /** Bytes behind their number: one byte, or a length-encoded integer of at most two more. */
  counted(long: boolean): Buffer {
    const first = this.#payload[this.#at]
    if (first === undefined || (long && (first === 0xfb || first > 0xfc))) throw badHandshake()
    let [count, from] = [first, this.#at + 1]
    if (long && first === 0xfc) {
      if (this.#payload.length < from + 2) throw badHandshake()
      count = this.#payload.readUInt16LE(from)
      from += 2
    }
    if (from + count > this.#payload.length) throw badHandshake()
    this.#at = from + count
    return this.#payload.subarray(from, this.#at)
  }

  end(): void {
    if (this.#at !== this.#payload.length) throw badHandshake()
  }
}

function decode(bytes: Buffer, charset: number): string {
  const isAscii = bytes.every((byte) => byte < 0x80)
  if (bytes.length > LONGEST_NAME || !(isUtf8(charset) || (isAscii && isLatin1(charset))))
    throw badHandshake()
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw badHandshake()
  }
}
