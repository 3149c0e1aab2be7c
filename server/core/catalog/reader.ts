import { isAlias, type Node, type Pair } from 'yaml'
import type { CatalogProblem } from './catalog.ts'
import { nearest } from './near.ts'
import { pathTo, type Spot } from './spot.ts'
import { visible } from './visible.ts'
import type { YamlSource } from './yaml-source.ts'

/** More problems than this are counted, not told. */
const MOST_PROBLEMS = 200

/** More values than this, aliases written out, is no catalog: it is a few lines that unfold to fill the memory. */
const MOST_VALUES = 250_000

/** Thrown by a reader that was asked for too many values. */
export class TooMuch extends Error {
  override readonly name = 'TooMuch'
}

/** Walks the nodes of one file and keeps what is wrong with them. */
export type Reader = ReturnType<typeof makeReader>

export function makeReader(source: YamlSource) {
  const told: CatalogProblem[] = []
  const known = new Set<string>()
  let untold = 0
  let values = 0

  /** The value at `node`, with aliases followed. A value that is not written stands where its parent does. */
  function spot(node: unknown, path: string, otherwise: number): Spot {
    if (++values > MOST_VALUES) throw new TooMuch()
    const found = (node ?? null) as Node | null
    const value = found && isAlias(found) ? (source.targets.get(found) ?? null) : found
    return { node: value, offset: value?.range?.[0] ?? otherwise, path }
  }

  return {
    root: () => spot(source.contents, '', 0),
    item: (list: Spot, index: number, node: unknown) =>
      spot(node, pathTo(list.path, index), list.offset),
    /** The key and the value of a pair. A key that is no text has the path of its mapping. */
    pair: (mapping: Spot, { key, value }: Pair, name: string | undefined) => {
      const path = name === undefined ? mapping.path : pathTo(mapping.path, name)
      const keySpot = spot(key, path, mapping.offset)
      return { key: keySpot, value: spot(value, path, keySpot.offset) }
    },
    line: ({ offset }: Spot) => source.place(offset).line,
    /** A problem at a place. `message` completes the path as a sentence; `mend` says what to write. */
    tell: ({ offset, path }: Spot, message: string, mend: string): undefined => {
      // A rule for three databases says the same thing of its user three times.
      const key = `${offset} ${path} ${message}`
      if (known.has(key)) return
      if (told.length >= MOST_PROBLEMS) {
        untold += 1
        return
      }
      known.add(key)
      const texts = { path: visible(path), message: visible(message), mend: visible(mend) }
      told.push({ ...source.place(offset), ...texts })
    },
    /** `did you mean …? ` and what follows it, or only that. Not looked for once nobody would read it. */
    suggest: (word: string, known: Iterable<string>, otherwise: string): string => {
      const near = told.length < MOST_PROBLEMS ? nearest(word, known) : undefined
      return near === undefined ? otherwise : `did you mean ${near}? ${otherwise}`
    },
    /** All of them, in the order of the file. */
    problems: (): CatalogProblem[] => {
      const sorted = told.toSorted((a, b) => a.line - b.line || a.column - b.column)
      const last = sorted.at(-1)
      if (untold === 0 || !last) return sorted
      const message = `and ${untold} more problems`
      return [...sorted, { ...last, path: '', message, mend: 'mend those above first' }]
    },
  }
}
