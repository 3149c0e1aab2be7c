import { isScalar } from 'yaml'
import { isEmpty, nameOf, type Shape } from './shape.ts'
import { invisibleIn, quote } from './visible.ts'

export type TextRule = {
  about: string
  /** The first one is what to write when nothing better is known. */
  examples: readonly [string, ...string[]]
  /** Characters, 200 unless said. */
  longest?: number
  pattern?: RegExp
  /** Completes "…" after the value: `is no duration`. */
  fault?: string
  /** What somebody who wrote this most likely meant, as a whole sentence. */
  mend?: (text: string) => string | undefined
}

/** A text that people can see whole: not empty, no invisible characters, no blanks around it. */
export function text(rule: TextRule): Shape<string> {
  const { about, examples, longest = 200, pattern, fault = 'is not written right' } = rule
  const bare = /^[0-9]+$/u.test(examples[0]) ? `"${examples[0]}"` : examples[0]
  const example = `write, for example, ${bare}`
  return {
    schema: {
      type: 'string',
      description: about,
      examples,
      minLength: 1,
      maxLength: longest,
      ...(pattern && { pattern: pattern.source }),
    },
    read(reader, spot) {
      const { node } = spot
      if (isEmpty(spot)) return reader.tell(spot, 'is empty', example)
      if (!isScalar(node)) return reader.tell(spot, `is ${nameOf(spot)}, not a text`, example)
      if (typeof node.value !== 'string') {
        const written = node.source ?? String(node.value)
        const kind = node.value === null ? 'nothing' : nameOf(spot)
        const mend = rule.mend?.(written) ?? `put it in quotes: "${written}"`
        return reader.tell(spot, `YAML reads ${written} as ${kind}, not as a text`, mend)
      }
      const value = node.value
      const mend = rule.mend?.(value) ?? example
      const invisible = invisibleIn(value)
      if (value === '') return reader.tell(spot, 'is empty', example)
      if (invisible)
        return reader.tell(
          spot,
          `contains the invisible character ${invisible}`,
          'type it again by hand: it came along with a copy',
        )
      if (value.trim() !== value)
        return reader.tell(spot, 'has blanks around it', `write ${quote(value.trim())}`)
      if (characters(value) > longest)
        return reader.tell(spot, `is longer than ${longest} characters`, mend)
      if (pattern && !pattern.test(value))
        return reader.tell(spot, `${quote(value)} ${fault}`, mend)
      return value
    },
  }
}

/** JSON Schema counts code points, and so does everybody who reads. */
export const characters = (value: string) => [...value].length

/** One of a few words. `meant` maps other words that people write to the right one. */
export function choice<const T extends string>(
  about: string,
  words: readonly T[],
  meant: Readonly<Record<string, T>> = {},
): Shape<T> {
  const known = new Map(words.map((word) => [word as string, word]))
  const guesses = new Map(Object.entries(meant))
  const all = words.join(', ')
  return {
    schema: { type: 'string', description: about, enum: words },
    read(reader, spot) {
      const written = isScalar(spot.node)
        ? (spot.node.source ?? String(spot.node.value))
        : undefined
      if (isEmpty(spot)) return reader.tell(spot, 'is empty', `write one of ${all}`)
      const found = isScalar(spot.node) ? known.get(String(spot.node.value)) : undefined
      if (found !== undefined) return found
      if (written === undefined)
        return reader.tell(spot, `is ${nameOf(spot)}, not a word`, `write one of ${all}`)
      const guess = guesses.get(written.toLowerCase())
      return reader.tell(
        spot,
        `${quote(written)} is not known here`,
        guess
          ? `write ${guess}; known are ${all}`
          : reader.suggest(written, words, `known are ${all}`),
      )
    },
  }
}

/** A whole number in a range, both ends included. */
export function integer(about: string, least: number, most: number): Shape<number> {
  return {
    schema: { type: 'integer', description: about, minimum: least, maximum: most },
    read(reader, spot) {
      const value = isScalar(spot.node) ? spot.node.value : undefined
      if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most)
        return value
      const written = isScalar(spot.node) ? quote(spot.node.source ?? '') : nameOf(spot)
      return reader.tell(
        spot,
        `is ${written}, not a whole number from ${least} to ${most}`,
        `write a number without quotes, for example ${least}`,
      )
    },
  }
}
