import { createHash } from 'node:crypto'

/** Bytes of a block and of the output of SHA-256. */
const BLOCK = 64
const OUTPUT = 32
/** "Diversifier" of a key for a MAC (RFC 7292, B.3). */
const MAC = 3

/**
 * The key of a PKCS12 MAC by SHA-256, from a password of ASCII (RFC 7292, B.2).
 * The key is as long as one output of the hash, so the steps that make more of it are not there.
 */
export function deriveMacKey(password: string, salt: Uint8Array, iterations: number): Buffer {
  // UTF-16, big-endian, with its two zero bytes at the end.
  const text = Buffer.from(`${password}\0`, 'utf16le').swap16()
  let key = createHash('sha256')
    .update(Buffer.alloc(BLOCK, MAC))
    .update(fill(salt))
    .update(fill(text))
    .digest()
  for (let round = 1; round < iterations; round++) key = createHash('sha256').update(key).digest()
  return key.subarray(0, OUTPUT)
}

/** Repeated until whole blocks are full. */
const fill = (bytes: Uint8Array): Buffer =>
  Buffer.alloc(BLOCK * Math.ceil(bytes.length / BLOCK), bytes)
