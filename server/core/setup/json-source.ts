/** A value of JSON with the offset where it begins. */
export type JsonNode = { at: number } & (
  | { kind: 'object'; entries: { key: string; at: number; value: JsonNode }[] }
  | { kind: 'list'; items: JsonNode[] }
  | { kind: 'text'; value: string }
  | { kind: 'other'; value: number | boolean | null }
)

export type JsonFault = { at: number; message: string; mend: string }

/** Deeper than any policy goes; the parser calls itself for each level. */
const DEEPEST = 20

class Fault extends Error {
  readonly fault: JsonFault
  constructor(fault: JsonFault) {
    super(fault.message)
    this.fault = fault
  }
}

/** JSON as RFC 8259 has it, with places: `JSON.parse` says where something is wrong in other words in each version, and nowhere for what it accepts. */
export function parseJson(text: string): JsonNode | { fault: JsonFault } {
  let at = 0
  const fail = (message: string, mend: string, where = at): never => {
    throw new Fault({ at: where, message, mend })
  }
  const blanks = () => {
    while (/[ \t\r\n]/.test(text[at] ?? '')) at += 1
    if (text.startsWith('//', at) || text.startsWith('/*', at) || text[at] === '#')
      fail(
        'a comment stands here, and JSON has none',
        'take it out; a Sid can say what a statement is for',
      )
  }

  function value(depth: number): JsonNode {
    blanks()
    const start = at
    const char = text[at]
    if (depth > DEEPEST)
      fail('this is nested deeper than any policy', 'take some of the levels out')
    if (char === '{') return { at: start, kind: 'object', entries: entries(depth) }
    if (char === '[') return { at: start, kind: 'list', items: items(depth) }
    if (char === '"') return { at: start, kind: 'text', value: string() }
    const word = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])/.exec(
      text.slice(at, at + 64),
    )?.[0]
    if (word === undefined) return fail(...strange(char))
    at += word.length
    return { at: start, kind: 'other', value: JSON.parse(word) as number | boolean | null }
  }

  function entries(depth: number) {
    const found: { key: string; at: number; value: JsonNode }[] = []
    series('}', () => {
      const start = at
      if (text[at] !== '"') fail(...strange(text[at], 'the name of an element'))
      const key = string()
      blanks()
      if (text[at] !== ':')
        fail(`a colon is missing after "${key}"`, `write "${key}": and its value`)
      at += 1
      found.push({ key, at: start, value: value(depth + 1) })
    })
    return found
  }

  function items(depth: number) {
    const found: JsonNode[] = []
    series(']', () => found.push(value(depth + 1)))
    return found
  }

  /** What stands between two brackets, with commas between. */
  function series(close: string, one: () => void): void {
    at += 1
    blanks()
    if (text[at] === close) {
      at += 1
      return
    }
    for (;;) {
      blanks()
      one()
      blanks()
      if (text[at] === close) break
      if (text[at] !== ',')
        fail(
          at >= text.length
            ? `the text ends before ${close}`
            : `a comma or ${close} is missing here`,
          at >= text.length ? 'copy the policy whole' : 'write a comma between two elements',
        )
      const comma = at
      at += 1
      blanks()
      if (text[at] === close)
        fail(`a comma stands before ${close}`, 'take that comma out: nothing follows it', comma)
    }
    at += 1
  }

  function string(): string {
    const found = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
    found.lastIndex = at
    const [written] = found.exec(text) ?? []
    if (written === undefined)
      return fail(
        'a text does not end, or holds what JSON does not allow',
        'close it with " on the same line, and write \\ as \\\\',
      )
    at += written.length
    return JSON.parse(written) as string
  }

  try {
    const node = value(0)
    blanks()
    if (at < text.length)
      fail('something follows after the end of the policy', 'paste one policy at a time')
    return node
  } catch (error) {
    if (error instanceof Fault) return { fault: error.fault }
    throw error
  }
}

function strange(char: string | undefined, wanted = 'a value'): [message: string, mend: string] {
  if (char === undefined) return ['the text ends here', 'copy the policy whole']
  if ("'“”„‘’`".includes(char))
    return [`${char} stands where JSON has "`, 'write straight double quotes: "']
  return [`${wanted} is missing here`, 'write a text in "…", a list in […] or an object in {…}']
}
