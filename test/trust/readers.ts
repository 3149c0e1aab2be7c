import { createHash, createHmac } from 'node:crypto'

/** Written from the standards, apart from what writes the files: each byte must be accounted for, or it throws. */

export type Node = { tag: number; bytes: Buffer; children: Node[] }

/** DER: definite, shortest lengths; nothing behind the end. */
export function readDer(bytes: Buffer): Node {
  const { node, end } = nodeAt(bytes, 0)
  if (end !== bytes.length) throw new Error(`${bytes.length - end} bytes behind the end`)
  return node
}

function nodeAt(bytes: Buffer, start: number): { node: Node; end: number } {
  const tag = bytes.readUInt8(start)
  let length = bytes.readUInt8(start + 1)
  let at = start + 2
  if (length === 0x80) throw new Error('an indefinite length is not DER')
  if (length > 0x80) {
    const count = length - 0x80
    length = bytes.readUIntBE(at, count)
    at += count
    if (length < 0x80 || length < 256 ** (count - 1)) throw new Error('a length longer than needed')
  }
  const end = at + length
  if (end > bytes.length) throw new Error('cut short')
  const content = bytes.subarray(at, end)
  const children: Node[] = []
  if (tag & 0x20)
    for (let next = 0; next < content.length;) {
      const child = nodeAt(content, next)
      children.push({ ...child.node })
      next = child.end
    }
  return { node: { tag, bytes: content, children }, end }
}

/** Of an OBJECT IDENTIFIER, with dots. */
export function oidOf({ tag, bytes }: Node): string {
  if (tag !== 6) throw new Error('not an OID')
  const arcs: bigint[] = []
  let value = 0n
  for (const byte of bytes) {
    value = (value << 7n) | BigInt(byte & 0x7f)
    if (byte & 0x80) continue
    arcs.push(value)
    value = 0n
  }
  const [first = 0n, ...rest] = arcs
  const top = first < 80n ? first / 40n : 2n
  return [top, first - top * 40n, ...rest].join('.')
}

/** The certificates of a degenerate SignedData, encoded whole. */
export function readP7b(file: Buffer): Buffer[] {
  const [type, content] = readDer(file).children
  if (oidOf(type!) !== '1.2.840.113549.1.7.2') throw new Error('not SignedData')
  const [version, digests, data, certificates, signers] = content!.children[0]!.children
  if (version!.bytes[0] !== 1 || digests!.children.length || signers!.children.length)
    throw new Error('not degenerate')
  if (oidOf(data!.children[0]!) !== '1.2.840.113549.1.7.1' || certificates!.tag !== 0xa0)
    throw new Error('not certificates alone')
  return split(certificates!.bytes)
}

/** The pieces of a content, each with its tag and length. */
function split(content: Buffer): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0; at < content.length;) {
    const { end } = nodeAt(content, at)
    pieces.push(content.subarray(at, end))
    at = end
  }
  return pieces
}

export type Entry = { alias: string; der: Buffer }

/** Checks the MAC, and Oracle's mark on each bag. */
export function readPkcs12(file: Buffer, password: string): Entry[] {
  const [version, authSafe, macData] = readDer(file).children
  if (version!.bytes[0] !== 3) throw new Error('not version 3')
  const safe = authSafe!.children[1]!.children[0]!.bytes
  const [digestInfo, salt, iterations] = macData!.children
  if (oidOf(digestInfo!.children[0]!.children[0]!) !== '2.16.840.1.101.3.4.2.1')
    throw new Error('not SHA-256')
  const key = macKey(
    password,
    salt!.bytes,
    iterations!.bytes.readUIntBE(0, iterations!.bytes.length),
  )
  if (!createHmac('sha256', key).update(safe).digest().equals(digestInfo!.children[1]!.bytes))
    throw new Error('the MAC does not hold')
  return readDer(safe)
    .children.flatMap((info) => readDer(info.children[1]!.children[0]!.bytes).children)
    .map((bag) => {
      const [kind, value, attributes] = bag.children
      if (oidOf(kind!) !== '1.2.840.113549.1.12.10.1.3') throw new Error('not a certificate')
      const found = new Map(
        attributes!.children.map(({ children: [id, values] }) => [
          oidOf(id!),
          values!.children[0]!,
        ]),
      )
      const usage = found.get('2.16.840.1.113894.746875.1.1')
      if (!usage || oidOf(usage) !== '2.5.29.37.0') throw new Error('Java would not trust it')
      const name = Buffer.from(found.get('1.2.840.113549.1.9.20')!.bytes)
      const [certificateType, certificate] = value!.children[0]!.children
      if (oidOf(certificateType!) !== '1.2.840.113549.1.9.22.1') throw new Error('not X.509')
      return { alias: name.swap16().toString('utf16le'), der: certificate!.children[0]!.bytes }
    })
}

/** RFC 7292, B.2, for 32 bytes and an id of 3. */
function macKey(password: string, salt: Buffer, iterations: number): Buffer {
  const secret = Buffer.concat([...password, '\0'].map((c) => Buffer.from([0, c.charCodeAt(0)])))
  const blocks = (bytes: Buffer) => {
    const size = Math.ceil(bytes.length / 64) * 64
    return Buffer.from(Array.from({ length: size }, (_, at) => bytes[at % bytes.length]!))
  }
  let hash: Buffer = Buffer.concat([Buffer.alloc(64, 3), blocks(salt), blocks(secret)])
  for (let i = 0; i < iterations; i++) hash = createHash('sha256').update(hash).digest()
  return hash
}

/** Checks the digest at its end. */
export function readJks(file: Buffer, password: string): (Entry & { since: Date })[] {
  const body = file.subarray(0, -20)
  const secret = Buffer.concat([...password].map((c) => Buffer.from([0, c.charCodeAt(0)])))
  const whole = Buffer.concat([secret, Buffer.from('Mighty Aphrodite'), body])
  if (!createHash('sha1').update(whole).digest().equals(file.subarray(-20)))
    throw new Error('the digest does not hold')
  let at = 0
  const take = (count: number) => body.subarray(at, (at += count))
  const int = () => take(4).readInt32BE()
  const text = () => take(take(2).readUInt16BE()).toString('utf8')
  if (take(4).toString('hex') !== 'feedfeed' || int() !== 2) throw new Error('not JKS, version 2')
  const entries = Array.from({ length: int() }, () => {
    if (int() !== 2) throw new Error('not a trusted certificate')
    const alias = text()
    const since = new Date(Number(take(8).readBigInt64BE()))
    if (text() !== 'X.509') throw new Error('not X.509')
    return { alias, since, der: take(int()) }
  })
  if (at !== body.length) throw new Error(`${body.length - at} bytes behind the end`)
  return entries
}
