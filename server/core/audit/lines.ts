const MOST_BYTES = 16 * 1024 * 1024

/**
 * The lines of a stream of bytes, without their ends; null for a line that is not UTF-8 or longer than 16 MiB.
 * Only a line feed ends a line: Node's own reader also ends it at characters that JSON leaves as they are.
 */
export async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string | null> {
  let parts: Uint8Array[] = []
  let length = 0
  for await (const chunk of bytes) {
    let from = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      yield text([...parts, chunk.subarray(from, end)], length + end - from)
      parts = []
      length = 0
      from = end + 1
    }
    length += chunk.length - from
    if (length <= MOST_BYTES) parts.push(chunk.subarray(from))
  }
  if (length > 0) yield text(parts, length)
}

function text(parts: Uint8Array[], length: number): string | null {
  if (length > MOST_BYTES) return null
  try {
    return UTF8.decode(parts.length === 1 ? parts[0] : Buffer.concat(parts))
  } catch {
    return null
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
