import { Ajv } from 'ajv'
import fc from 'fast-check'
import type { Place } from './declared.ts'
import { ANYTHING, NASTY } from './rough.ts'
import { BENDS, edgesOf, isSendable, randomOf, type Schema } from './scalars.ts'

const KNOWN =
  /^(type|properties|required|additionalProperties|items|m(in|ax)(Items|Length|imum)|pattern|format|const|enum|anyOf|default|title|description|examples)$/

/** A value with one thing wrong: `at` is the JSON pointer to it, `named` the key that a refusal has to name besides. */
export type Fault = { value: unknown; at: string; named?: string }
/** `wrong` has one for each thing that can be wrong, so that each can be tried. */
export type Values = { right: fc.Arbitrary<unknown>; wrong: fc.Arbitrary<Fault>[] }
/** `words`, by the names of properties, are what the portal knows: most right values are made of them. */
export type Words = Readonly<Record<string, readonly unknown[]>>
export type Options = { where: Place; words: Words; property?: string }

const FORMATS = {
  uuid: /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i,
  'date-time': (text: string) =>
    /^\d{4}-\d\d-\d\dT[\d:.]{8,}Z$/.test(text) && !Number.isNaN(Date.parse(text)),
}
/** Knows right from wrong without any of the portal's settings. */
const oracle = new Ajv({ strict: true, strictTypes: false, formats: FORMATS })

/** Right and wrong values of a schema. Throws for a keyword it does not know. */
export function valuesOf(schema: Schema, options: Options): Values {
  const keywords = [schema, ...(schema.anyOf ?? [])].flatMap(Object.keys)
  const unknown = keywords.filter((keyword) => !KNOWN.test(keyword))
  if (unknown.length > 0) throw new Error(`from-schema.ts does not know ${unknown.join(', ')} yet`)
  if (schema.type === 'object') return objects(schema, options)
  if (schema.type === 'array') return arrays(schema, options)
  return scalars(schema, options)
}

const at = (place: string) => (value: unknown) => fc.constant<Fault>({ value, at: place })

function objects({ properties = {}, required = [] }: Schema, options: Options): Values {
  const parts = Object.entries(properties).map(
    ([key, schema]) => [key, valuesOf(schema, { ...options, property: key })] as const,
  )
  const right = fc.record(Object.fromEntries(parts.map(([key, values]) => [key, values.right])), {
    requiredKeys: required,
    noNullPrototype: true,
  })
  /** As entries, so that `__proto__` is a key like any other. */
  const within = (key: string, faults: fc.Arbitrary<Fault>, name?: string) =>
    fc.tuple(right, faults).map(([whole, { value, at, named = name }]): Fault => {
      const rest = Object.entries(whole).filter(([other]) => other !== key)
      const entries = value === undefined ? rest : [...rest, [key, value] as const]
      return { value: Object.fromEntries(entries), at, ...(named !== undefined && { named }) }
    })

  const changed = parts.flatMap(([key, { wrong }]) =>
    wrong.map((faults) =>
      within(
        key,
        faults.map((f) => ({ ...f, at: `/${key}${f.at}` })),
      ),
    ),
  )
  if (options.where === 'params') return { right, wrong: changed }
  const missing = required.map((key) => within(key, at('')(undefined), key))
  // Closed, whether the schema says so or not: that it says so is what is being asked.
  const extra = [...EXTRA, ...Object.keys(properties).map((key) => key.toUpperCase())]
    .filter((key) => !Object.hasOwn(properties, key))
    .map((key) => {
      const values = options.where === 'body' ? ANYTHING : ['', '1', 'true']
      return within(
        key,
        fc.constantFrom(...values).map((value) => ({ value, at: '' })),
        key,
      )
    })
  const twice = parts
    .filter(([key]) => !takesLists(properties[key]!))
    .map(([key, values]) =>
      within(
        key,
        values.right.map((value) => ({ value: [value, value], at: `/${key}` })),
      ),
    )
  const other = ANYTHING.filter((value) => JSON.stringify(value)[0] !== '{').map(at(''))
  const special = options.where === 'body' ? other : twice
  return { right, wrong: [...changed, ...missing, ...extra, ...special] }
}

/** What may be given more than once is not wrong twice. */
const takesLists = ({ anyOf = [] }: Schema) => anyOf.some(({ type }) => type === 'array')

const EXTRA = ['role', 'state', 'approvedBy', 'personId', 'toString', 'a/b~', ' ', 'x'.repeat(99)]
EXTRA.push('constructor', '__proto__')

function arrays(schema: Schema, options: Options): Values {
  const { items = {}, minItems = 0, maxItems = minItems + 5 } = schema
  const fits = oracle.compile(schema)
  const item = valuesOf(items, options)
  const list = (minLength: number, maxLength = minLength) =>
    fc.array(item.right, { minLength, maxLength })
  const changed = item.wrong.map((faults) =>
    fc.tuple(list(Math.max(0, minItems - 1), maxItems - 1), faults).map(([before, fault]) => ({
      ...fault,
      value: [...before, fault.value],
      at: `/${before.length}${fault.at}`,
    })),
  )
  const counts = [
    ...(minItems > 0 ? [list(minItems - 1)] : []),
    ...(schema.maxItems === undefined ? [] : [list(schema.maxItems + 1)]),
  ].map((lists) => lists.map((value) => ({ value, at: '' })))
  const other = ANYTHING.filter((value) => !fits(value)).map(at(''))
  return { right: list(minItems, maxItems), wrong: [...changed, ...counts, ...other] }
}

/** One value, or one of several kinds of value. */
function scalars(schema: Schema, options: Options): Values {
  const fits = oracle.compile(schema)
  const kinds = schema.anyOf ?? [schema]
  const words = options.words[options.property ?? ''] ?? []
  const known = [...words, ...NASTY, ...ANYTHING, ...kinds.flatMap(edgesOf)]
  const isRight = (value: unknown) => fits(value) && isSendable(value, options.where)
  const isWrong = (value: unknown) => !fits(value) && isSendable(value, options.where)

  const random = kinds.map((kind) =>
    (/object|array/.test(kind.type ?? '') ? valuesOf(kind, options).right : randomOf(kind)).filter(
      // A number that an address cannot say stays: a route that asks for it there can never be asked.
      (value) => fits(value) && (typeof value !== 'string' || isSendable(value, options.where)),
    ),
  )
  const oneOf = (values: unknown[]) => (values.length > 0 ? [fc.constantFrom(...values)] : [])
  const right = fc.oneof(
    { weight: 1, arbitrary: fc.oneof(...random, ...oneOf(known.filter(isRight))) },
    ...oneOf(words.filter(isRight)).map((arbitrary) => ({ weight: 4, arbitrary })),
  )
  // Right but for its kind or its ends: what a validator that is too kind would let pass.
  const almost = BENDS.filter((bend) => isWrong(bend(fc.sample(right, { numRuns: 1, seed: 1 })[0])))
  const bent = (bend: (value: unknown) => unknown) =>
    right
      .map(bend)
      .filter(isWrong)
      .map((value): Fault => ({ value, at: '' }))
  return { right, wrong: [...known.filter(isWrong).map(at('')), ...almost.map(bent)] }
}
