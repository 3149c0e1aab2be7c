import { randomInt } from 'node:crypto'
import { crc32 } from 'node:zlib'

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** 43 of 62 letters are 256 bits; 6 hold any CRC-32. */
const SHAPE = /^lk_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/

/**
 * `lk_`, 256 random bits, a checksum: the shape of GitHub's tokens (github.blog, "Behind GitHub's new authentication token
 * formats", 2021). Scanners find it, and one that was mistyped is known without a look at the database.
 */
export function newKeyText(): string {
  const random = randomLetters(43)
  return `lk_${random}${checksumOf(random)}`
}

/** Whether this is the text of a key, of anybody or of nobody. */
export function isKeyText(text: string): boolean {
  const [, random, checksum] = SHAPE.exec(text) ?? []
  return random !== undefined && checksum === checksumOf(random)
}

/** What is kept and shown of a key: enough to know it by, too little to guess the rest. */
export const prefixOf = (key: string) => key.slice(0, 8)

/** What a person may have to carry by hand, from the browser to the terminal: 131 bits, once, for two minutes. */
export const newCode = () => randomLetters(22)

const randomLetters = (count: number) =>
  Array.from({ length: count }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')

function checksumOf(random: string): string {
  let rest = crc32(random)
  let text = ''
  for (let i = 0; i < 6; i++) {
    text = ALPHABET[rest % 62] + text
    rest = Math.floor(rest / 62)
  }
  return text
}
