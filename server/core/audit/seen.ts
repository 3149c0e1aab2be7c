const BLOCK = 65_536

/** A set of whole numbers that takes a bit for each, in blocks as they are needed: ten million take little more than a megabyte. */
export function seenNumbers() {
  const blocks = new Map<number, Uint8Array>()
  return {
    /** False where it was there already. */
    add(value: number): boolean {
      const number = Math.floor(value / BLOCK)
      const block = blocks.get(number) ?? new Uint8Array(BLOCK / 8)
      blocks.set(number, block)
      const at = value % BLOCK
      const bit = 1 << (at % 8)
      const before = block[at >> 3] as number
      block[at >> 3] = before | bit
      return (before & bit) === 0
    },
  }
}
