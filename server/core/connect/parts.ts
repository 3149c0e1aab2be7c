import { plain, type Part } from './snippet.ts'

/** Parts in a row; neighbours that are text become one. */
export function joined(...pieces: readonly (string | Part | readonly Part[])[]): Part[] {
  const parts: Part[] = []
  for (const piece of pieces.flat()) {
    const part = typeof piece === 'string' ? plain(piece) : piece
    const last = parts.at(-1)
    if (last && 'text' in last && 'text' in part)
      parts[parts.length - 1] = plain(last.text + part.text)
    else if (!('text' in part) || part.text !== '') parts.push(part)
  }
  return parts
}

/** The same with something between each two. */
export const between = (separator: string, all: readonly (readonly Part[])[]): Part[] =>
  joined(...all.flatMap((parts, at) => (at === 0 ? [parts] : [separator, parts])))
