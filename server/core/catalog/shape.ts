import { isScalar, isSeq } from 'yaml'
import type { Reader } from './reader.ts'
import type { Spot } from './spot.ts'

/** JSON Schema, draft 2020-12. */
export type Schema = { readonly [keyword: string]: unknown }

/**
 * One kind of value in the file, once: how it is read and how an editor is told about it.
 * `read` tells the reader every problem it finds, and answers with what could be understood all the same,
 * so that later checks can go on; undefined when that is nothing.
 */
export type Shape<T> = { schema: Schema; read: (reader: Reader, spot: Spot) => T | undefined }

export const isEmpty = ({ node }: Spot) =>
  node === null || (isScalar(node) && node.value === null && node.source !== 'null')

/** What is written there, in a word, for a sentence that says it should be something else. */
export function nameOf({ node }: Spot): string {
  if (node === null) return 'nothing'
  if (isSeq(node)) return 'a list'
  if (!isScalar(node)) return 'a mapping'
  const { value } = node
  if (value === null) return 'nothing'
  return typeof value === 'string' ? 'a text' : `a ${typeof value}`
}

/** A shape whose value is something more: `to` answers with it, or with what is wrong and what to write. */
export function refine<A, B>(
  shape: Shape<A>,
  to: (value: A) => { value: B } | { message: string; mend: string },
): Shape<B> {
  return {
    schema: shape.schema,
    read(reader, spot) {
      const raw = shape.read(reader, spot)
      if (raw === undefined) return undefined
      const result = to(raw)
      return 'value' in result ? result.value : reader.tell(spot, result.message, result.mend)
    },
  }
}
