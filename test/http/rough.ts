import fc from 'fast-check'

/** Texts that break what is careless with them. */
export const NASTY = [
  '',
  ' ',
  '\u0000',
  '\ufeff',
  '\ud800',
  '\udc00x',
  '\u202e',
  '\n',
  '😀',
  'ｏｒｄｅｒｓ',
  '__proto__',
  'constructor',
  "'; DROP TABLE person; --",
  '$1',
  '%',
  '../../etc/passwd',
  '{{7*7}}',
  '${7*7}',
  '<img src=x onerror=alert(1)>',
  'a'.repeat(128),
  'a'.repeat(5_000),
  '1e400',
  'null',
  'true',
  '-1',
  '0x10',
  '9'.repeat(40),
  '00000000-0000-4000-8000-00000000000',
  '00000000-0000-4000-8000-00000000000g',
  '2026-13-01T00:00:00.000Z',
  '2026-01-01T25:00:00.000Z',
] as const

/** A few of each kind of JSON value. */
export const ANYTHING = [
  ...[null, true, false, 0, -1, 1, 1.5, 2 ** 53, -(2 ** 53), 1e308, '', 'x', '1'],
  ...[[], [1], ['x'], [[]], [{}], {}, { toString: 1 }, { length: 1 }],
] as const

const deep = (n: number, open: string, close: string) => `${open.repeat(n)}1${close.repeat(n)}`

/** Nothing that JSON is, or nothing that a body may be. */
const UNREADABLE = [
  '',
  '{',
  '}',
  'NaN',
  'undefined',
  "{'a':1}",
  '{"a":1,}',
  '{"a":1}{}',
  '\u0000',
  '{}\u0000',
  '\ufeff\ufeff{}',
  '{"a":"\n"}',
  '['.repeat(10_000),
  deep(20_000, '{"a":', '}'),
  `{"a":"${'x'.repeat(66_000)}"}`,
  '{"__proto__":{"isAdministrator":true}}',
  '{"constructor":{"prototype":{"isAdministrator":true}}}',
]
/** Readable; what it means is for the schema to say. */
const ODD = ['{"a":1e400}', '\ufeff{}', deep(5_000, '{"a":', '}'), deep(5_000, '[', ']'), '"x"']

export const JSON_TYPE = 'application/json'
const OTHER_TYPES = [
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/json\ta',
  'application/json;charset=utf-16',
  ' application/json',
  'application/jsonx',
  'application/json, text/plain',
  '',
]

export type RoughBody = { payload: string; type: string }
const asJson = (payload: string): RoughBody => ({ payload, type: JSON_TYPE })

/** What no reader of JSON could take for a body; `right` is one that would pass. */
export const unreadableBodies = (right: fc.Arbitrary<unknown>): fc.Arbitrary<RoughBody> =>
  fc.oneof(
    fc.constantFrom(...UNREADABLE).map(asJson),
    fc.tuple(right, fc.nat(99)).map(([value, percent]) => {
      const whole = JSON.stringify(value)
      return asJson(whole.slice(0, (whole.length * percent) / 100))
    }),
  )

/** Bodies as text, since JSON cannot say all that can be sent: a key twice, another content type, anything. */
export const oddBodies = (right: fc.Arbitrary<unknown>): fc.Arbitrary<RoughBody> =>
  fc.oneof(
    fc.constantFrom(...ODD).map(asJson),
    fc.oneof(fc.json(), fc.string({ unit: 'binary' })).map(asJson),
    fc.tuple(right, fc.constantFrom(...ANYTHING), fc.boolean()).map(([whole, value, first]) => {
      const key = JSON.stringify(Object.keys(whole as object)[0] ?? 'a')
      const again = `${key}:${JSON.stringify(value)}`
      const once = JSON.stringify(whole).slice(1, -1) || again
      return asJson(`{${(first ? [again, once] : [once, again]).join(',')}}`)
    }),
    fc
      .tuple(right, fc.constantFrom(...OTHER_TYPES))
      .map(([value, type]) => ({ payload: JSON.stringify(value), type })),
  )

/** A part of an address, escaped or broken on purpose. */
export const roughText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    ...NASTY.map((text) => encodeURIComponent(text.toWellFormed())),
    ...['%', '%E0%A4%A', '%00', '..%2f', '%2e%2e', '%ff', '%ed%a0%80'],
    ...['a&a=b', 'a=1&a=2', '__proto__[x]=1', '__proto__=1', 'constructor=1', '&&&', '=', 'a;b'],
  ),
  fc.string({ unit: 'binary' }).map((text) => encodeURIComponent(text.toWellFormed())),
  fc.webQueryParameters(),
)
