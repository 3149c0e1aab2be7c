/** Control and format characters, line separators and halves of pairs: nobody sees them, and a terminal obeys some. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u
const EVERY_INVISIBLE = new RegExp(INVISIBLE, 'gu')

const codePoint = (char: string) =>
  `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`

/** The first invisible character of `text` by its number, `U+200B`; undefined when all can be seen. */
export function invisibleIn(text: string): string | undefined {
  const found = INVISIBLE.exec(text)
  return found ? codePoint(found[0]) : undefined
}

/** Fit for a terminal and a page: what cannot be seen is written out, what is long is cut. */
export function visible(text: string, longest = 400): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text
  return cut.replace(EVERY_INVISIBLE, (char) => `<${codePoint(char)}>`)
}

/** A value as it is named in a sentence. */
export const quote = (text: string) => `"${visible(text, 80)}"`
