import fc from 'fast-check'
import type { Place } from './declared.ts'

/** The part of JSON Schema that the contracts use for what comes in. Anything else throws: it would not be tried. */
export type Schema = {
  type?: string
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  minItems?: number
  maxItems?: number
  minLength?: number
  maxLength?: number
  pattern?: string
  format?: string
  minimum?: number
  maximum?: number
  const?: unknown
  enum?: unknown[]
  anyOf?: Schema[]
}

/** Makes of a right value one that a validator which is too kind would let pass. */
export const BENDS: ((value: unknown) => unknown)[] = [
  (value) => [value],
  (value) => String(value),
  (value) => `${String(value)}\n`,
  (value) => ` ${String(value)}`,
]

/** Whether a value can be sent there: addresses hold text, and a part of a path must not mean another path. */
export function isSendable(value: unknown, where: Place): boolean {
  if (where === 'body') return true
  if (typeof value !== 'string' || !value.isWellFormed()) return false
  return where === 'querystring' || !/^\.{0,2}$/.test(value)
}

/** Both sides of each bound. */
export function edgesOf({ minLength, maxLength, minimum, maximum, ...schema }: Schema): unknown[] {
  const lengths = [minLength, maxLength].flatMap((n) => (n === undefined ? [] : [n - 1, n, n + 1]))
  const numbers = [minimum, maximum].flatMap((n) => (n === undefined ? [] : [n - 1, n, n + 1]))
  return [
    ...lengths.flatMap((n) => ['a', '😀', '\u0000'].map((unit) => unit.repeat(Math.max(0, n)))),
    ...numbers.flatMap((n) => [n, n + 0.5, String(n)]),
    ...(schema.enum ?? []),
    ...('const' in schema ? [schema.const] : []),
  ]
}

/** A value by the type of its schema; whether it fits in all else is for the caller to ask. */
export function randomOf(schema: Schema): fc.Arbitrary<unknown> {
  const { type, pattern, format, minLength = 0, maxLength = minLength + 100 } = schema
  const { minimum: min = -(2 ** 31), maximum: max = 2 ** 31 } = schema
  if ('const' in schema) return fc.constant(schema.const)
  if (schema.enum) return fc.constantFrom(...schema.enum)
  if (type === 'integer') return fc.integer({ min: Math.ceil(min), max: Math.floor(max) })
  if (type === 'number') return fc.double({ min, max, noNaN: true })
  if (type === 'boolean') return fc.boolean()
  if (type === 'null') return fc.constant(null)
  if (type === undefined) return fc.jsonValue()
  if (format === 'uuid') return fc.uuid()
  if (format === 'date-time')
    return fc
      .date({ min: new Date(0), max: new Date('9999-01-01'), noInvalidDate: true })
      .map((date) => date.toISOString())
  if (pattern) return fc.stringMatching(new RegExp(pattern, 'u'))
  return fc.string({ unit: 'binary', minLength, maxLength })
}
