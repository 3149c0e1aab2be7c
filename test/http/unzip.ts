import { inflateRawSync } from 'node:zlib'

/** The text files of a ZIP archive by their names, read from its central directory (APPNOTE 4.3.12 and 4.3.16). Throws where it is none. */
export function unzip(bytes: Buffer): Record<string, string> {
  const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'))
  if (end < 0) throw new Error('the archive has no end')
  const files: Record<string, string> = {}
  let at = bytes.readUInt32LE(end + 16)
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    if (bytes.readUInt32LE(at) !== 0x02014b50) throw new Error(`no file is told of at ${at}`)
    const [packed, size] = [bytes.readUInt32LE(at + 20), bytes.readUInt32LE(at + 24)]
    const [name, extra, comment] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset))
    const local = bytes.readUInt32LE(at + 42)
    // The lengths before the file may differ from those in the directory.
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28)
    const content = inflateRawSync(bytes.subarray(start, start + packed))
    if (content.length !== size) throw new Error('a file has another length than it says')
    files[bytes.toString('utf8', at + 46, at + 46 + name!)] = content.toString()
    at += 46 + name! + extra! + comment!
  }
  return files
}
