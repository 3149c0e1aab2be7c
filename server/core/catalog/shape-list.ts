import { isMap, isScalar, isSeq } from 'yaml'
import { MAY_BE_NAME, NAME, nameFault } from './name.ts'
import { isEmpty, nameOf, type Shape } from './shape.ts'
import type { At, Spot } from './spot.ts'
import { quote } from './visible.ts'

/** What could be read of a list; undefined stands where an item could not. */
export type Items<T> = readonly (At<T> | undefined)[]

type ListRule<T> = {
  about: string
  /** What to write when there is no list, or nothing in it. */
  example: string
  /** An empty list is refused. */
  filled?: boolean
  /** Two items with the same identity are one too many. */
  identity?: (item: T) => string
}

export function list<T>(item: Shape<T>, rule: ListRule<T>): Shape<Items<T>> {
  const { about, example, filled = false, identity } = rule
  return {
    schema: {
      type: 'array',
      description: about,
      items: item.schema,
      ...(filled && { minItems: 1 }),
      ...(identity && { uniqueItems: true }),
    },
    read(reader, spot) {
      const { node } = spot
      if (isEmpty(spot)) return reader.tell(spot, 'is empty', `write ${example}`)
      if (!isSeq(node)) {
        const single = isScalar(node) ? `put it in brackets: [${node.source ?? ''}]` : undefined
        return reader.tell(spot, `is ${nameOf(spot)}, not a list`, single ?? `write ${example}`)
      }
      if (filled && node.items.length === 0)
        return reader.tell(spot, 'is an empty list', `write ${example}`)

      const first = new Map<string, number>()
      return node.items.map((child, index) => {
        const at = reader.item(spot, index, child)
        const value = item.read(reader, at)
        if (value === undefined) return undefined
        const same = identity?.(value)
        const before = same === undefined ? undefined : first.get(same)
        if (before !== undefined)
          return reader.tell(
            at,
            `${quote(same ?? '')} stands in this list twice, first on line ${before}`,
            'take one of them out',
          )
        if (same !== undefined) first.set(same, reader.line(at))
        return { value, spot: at }
      })
    },
  }
}

/** Named things in the order of the file. A name whose value could not be read is there all the same: it exists. */
export type Named<T> = ReadonlyMap<string, { key: Spot; at: At<T> | undefined }>

/** A mapping from names to things. */
export function named<T>(
  thing: Shape<T>,
  rule: { about: string; example: string; filled?: boolean },
): Shape<Named<T>> {
  const { about, example, filled = false } = rule
  return {
    schema: {
      type: 'object',
      description: about,
      patternProperties: { [NAME.source]: thing.schema },
      propertyNames: { pattern: MAY_BE_NAME.source },
      additionalProperties: false,
      ...(filled && { minProperties: 1 }),
    },
    read(reader, spot) {
      const { node } = spot
      if (isEmpty(spot)) return reader.tell(spot, 'is empty', `write ${example}`)
      if (!isMap(node))
        return reader.tell(spot, `is ${nameOf(spot)}, not a mapping by name`, `write ${example}`)
      if (filled && node.items.length === 0)
        return reader.tell(spot, 'is an empty mapping', `write ${example}`)

      const found = new Map<string, { key: Spot; at: At<T> | undefined }>()
      for (const pair of node.items) {
        const name =
          isScalar(pair.key) && typeof pair.key.value === 'string' ? pair.key.value : undefined
        const { key, value: at } = reader.pair(spot, pair, name)
        const fault = nameFault(key)
        if (fault) reader.tell(key, ...fault)
        const before = name === undefined ? undefined : found.get(name)
        if (before)
          reader.tell(
            key,
            `the name ${quote(name ?? '')} is taken on line ${reader.line(before.key)}`,
            'take one of them out, or give it another name',
          )
        const value = thing.read(reader, at)
        if (name !== undefined && !before)
          found.set(name, { key, at: value === undefined ? undefined : { value, spot: at } })
      }
      return found
    },
  }
}
