import { isMap, isScalar } from 'yaml'
import { nearest } from './near.ts'
import type { Reader } from './reader.ts'
import { isEmpty, nameOf, type Shape } from './shape.ts'
import type { At, Spot } from './spot.ts'
import { quote } from './visible.ts'

/**
 * `need` is what to write when the field is missing; without it the field may be left out.
 * `unless` names fields one of which makes up for it.
 */
export type Field<T> = { shape: Shape<T>; need?: string; unless?: readonly string[] }
type Fields = Readonly<Record<string, Field<unknown>>>

/** What could be read of each field. */
export type Entries<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends Field<infer T> ? At<T> | undefined : never
}
/** What a shape reads. */
export type Read<S> = S extends Shape<infer T> ? T : never

/** A mapping with these fields and no others. */
export function object<const F extends Fields>(
  rule: { about: string; example: string },
  fields: F,
): Shape<Entries<F>> {
  const known = new Map(Object.entries(fields))
  return {
    schema: {
      type: 'object',
      description: rule.about,
      properties: Object.fromEntries([...known].map(([name, { shape }]) => [name, shape.schema])),
      required: [...known].flatMap(([name, { need, unless }]) =>
        need === undefined || unless ? [] : [name],
      ),
      ...alternatives(known),
      additionalProperties: false,
    },
    read(reader, spot) {
      if (isEmpty(spot)) return reader.tell(spot, 'is empty', `write ${rule.example}`)
      if (!isMap(spot.node))
        return reader.tell(spot, `is ${nameOf(spot)}, not a mapping`, `write ${rule.example}`)

      const { found, misspelt } = readPairs(reader, spot, known)
      const isThere = (name: string) => found.has(name) || misspelt.has(name)
      for (const [name, { need, unless }] of known)
        if (need !== undefined && !isThere(name) && !unless?.some(isThere))
          reader.tell(spot, `${name} is missing`, `write ${name}: ${need}`)
      // The keys are those of `fields`, and each value came from the shape of its field.
      return Object.fromEntries(
        [...known.keys()].map((name) => [name, found.get(name)?.at]),
      ) as Entries<F>
    },
  }
}

/** Either all that can be made up for, or what makes up for it. */
function alternatives(known: ReadonlyMap<string, Field<unknown>>) {
  const spared = [...known].filter(([, { unless }]) => unless)
  if (spared.length === 0) return {}
  const instead = new Set(spared.flatMap(([, { unless = [] }]) => unless))
  return {
    anyOf: [
      { required: spared.map(([name]) => name) },
      ...[...instead].map((name) => ({ required: [name] })),
    ],
  }
}

type Written = { key: Spot; at: At<unknown> | undefined }

/** Unknown keys, and keys that stand there twice, are told. A key that a misspelt one stands for is not missing too. */
function readPairs(reader: Reader, spot: Spot, known: ReadonlyMap<string, Field<unknown>>) {
  const found = new Map<string, Written>()
  const misspelt = new Set<string>()
  const names = [...known.keys()]
  for (const pair of isMap(spot.node) ? spot.node.items : []) {
    const name = isScalar(pair.key) ? String(pair.key.value) : undefined
    const { key, value: at } = reader.pair(spot, pair, name)
    const field = known.get(name ?? '')
    const before = found.get(name ?? '')
    if (name === undefined || !field) {
      reader.tell(
        key,
        `the key ${quote(name ?? '?')} is not known here`,
        advise(reader, name, names),
      )
      const near = nearest(name ?? '', names)
      if (near !== undefined) misspelt.add(near)
    } else if (before) {
      const line = reader.line(before.key)
      reader.tell(key, `${name} stands here twice, first on line ${line}`, 'take one of them out')
    } else {
      const value = field.shape.read(reader, at)
      found.set(name, { key, at: value === undefined ? undefined : { value, spot: at } })
    }
  }
  return { found, misspelt }
}

function advise(reader: Reader, name: string | undefined, names: readonly string[]): string {
  const all = `known here are ${names.join(', ')}`
  if (name === '<<') return `YAML 1.2 has no merge keys: write the keys out; ${all}`
  return name === undefined ? all : reader.suggest(name, names, all)
}
