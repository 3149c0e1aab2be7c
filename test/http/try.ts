import fc from 'fast-check'
import { type Declared, type Place, PLACES } from './declared.ts'
import { type Fault, type Values, valuesOf, type Words } from './from-schema.ts'
import { JSON_TYPE, oddBodies, type RoughBody, roughText, unreadableBodies } from './rough.ts'

/** One request. `fault` is the one thing wrong in it; without, and if not `rough`, its schema lets it pass. */
export type Try = {
  url: string
  payload: string | undefined
  type: string | undefined
  fault?: Fault
  /** `unreadable`: no reader of JSON could take it for a body; `odd`: anything may come of it. */
  rough?: 'unreadable' | 'odd'
}
type Parts = Record<Place, unknown>

/**
 * What can be tried at one place of a route, while its other places are right.
 * `each` has one for every single thing that can be wrong there, `wrong` is any of them, `other` may pass or not.
 */
export function triesOf(route: Declared, place: Place, words: Words) {
  const values = Object.fromEntries(
    PLACES.map((where) => {
      const schema = route.schemas[where]
      return [where, schema && valuesOf(schema, { where, words })]
    }),
  ) as Record<Place, Values | undefined>
  const { params, querystring, body } = values
  const parts = fc.record<Parts>({
    params: params?.right ?? fc.constant({}),
    querystring: querystring?.right ?? fc.constant({}),
    body: body?.right ?? fc.constant(undefined),
  })
  const right = parts.map((all) => asTry(route, all))
  const each = (values[place]?.wrong ?? []).map((faults) =>
    fc
      .tuple(parts, faults)
      .map(([all, fault]): Try => ({ ...asTry(route, { ...all, [place]: fault.value }), fault })),
  )
  const asBody = (bodies: fc.Arbitrary<RoughBody>, rough: NonNullable<Try['rough']>) =>
    fc.tuple(right, bodies).map(([whole, said]): Try => ({ ...whole, ...said, rough }))

  if (place !== 'body' || !body) {
    const rough = fc
      .tuple(parts, roughText)
      .map(([all, text]): Try => ({ ...asTry(route, all, { place, text }), rough: 'odd' }))
    return { each, wrong: fc.oneof(...each), other: fc.oneof(rough, right) }
  }
  const unreadable = asBody(unreadableBodies(body.right), 'unreadable')
  const wrong = fc.oneof(
    { weight: 4, arbitrary: fc.oneof(...each) },
    { weight: 1, arbitrary: unreadable },
  )
  return { each, wrong, other: fc.oneof(asBody(oddBodies(body.right), 'odd'), right) }
}

function asTry(route: Declared, parts: Parts, rough?: { place: Place; text: string }): Try {
  const params = Object.entries(parts.params as object).reduce(
    (path, [name, value]) =>
      path.replace(`:${name}`, () => (rough?.place === 'params' ? rough.text : encoded(value))),
    route.url,
  )
  const pairs = Object.entries(parts.querystring as object).flatMap(([name, value]) =>
    [value].flat().map((one) => `${encoded(name)}=${encoded(one)}`),
  )
  const query = rough?.place === 'querystring' ? rough.text : pairs.join('&')
  const hasBody = parts.body !== undefined
  return {
    url: query ? `${params}?${query}` : params,
    payload: hasBody ? JSON.stringify(parts.body) : undefined,
    type: hasBody ? JSON_TYPE : undefined,
  }
}

const encoded = (value: unknown) => encodeURIComponent(String(value).toWellFormed())
