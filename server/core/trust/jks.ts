import { createHash } from 'node:crypto'
import type { StoreEntry } from './alias.ts'

const MAGIC = 0xfeedfeed
const VERSION = 2
const TRUSTED_CERTIFICATE = 2

/**
 * A trust store for every Java, in the format of its first years
 * (OpenJDK, `sun.security.provider.JavaKeyStore`, `engineStore`): entries, then SHA-1 over the password, a salt that is
 * the same for everybody, and the entries.
 */
export function writeJks(entries: readonly StoreEntry[], password: string): Buffer {
  const body = Buffer.concat([
    int32(MAGIC),
    int32(VERSION),
    int32(entries.length),
    ...entries.flatMap(({ alias, der, since }) => [
      int32(TRUSTED_CERTIFICATE),
      utf(alias),
      int64(since.getTime()),
      utf('X.509'),
      int32(der.length),
      der,
    ]),
  ])
  const seal = createHash('sha1')
    .update(Buffer.from(password, 'utf16le').swap16())
    .update('Mighty Aphrodite')
    .update(body)
  return Buffer.concat([body, seal.digest()])
}

/** Java's `writeUTF` of ASCII, which aliases are. */
const utf = (text: string) => Buffer.concat([int16(text.length), Buffer.from(text, 'ascii')])

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function int64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(value))
  return bytes
}
