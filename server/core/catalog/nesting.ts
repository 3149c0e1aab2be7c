import { Lexer } from 'yaml'

/** Twice what the deepest thing in a catalog needs, and then some. */
const DEEPEST = 32

/** The lexer's marks of where a document or a scalar begins, and where open brackets were given up: they stand for no text. */
const DOCUMENT = '\u0002'
const SCALAR = '\u001f'
const FLOW_END = '\u0018'

/**
 * Where `text` nests deeper than any catalog does, as an offset; undefined when it does not.
 *
 * The parser calls itself for each level: a megabyte of `[` ends the process, not the call, so nothing that deep may reach it.
 * The lexer is a loop. Levels are counted too high rather than too low: open brackets, indentations and `-`, `?`, `:` on one line.
 */
export function tooDeepAt(text: string): number | undefined {
  const indents: number[] = []
  let offset = 0
  let lineStart = true
  let onLine = 0
  let brackets = 0
  for (const token of new Lexer().lex(text)) {
    if (token === FLOW_END) brackets = 0
    if (token === FLOW_END || token === SCALAR || token === DOCUMENT) continue
    if (token.endsWith('\n')) [lineStart, onLine] = [true, 0]
    else if (lineStart) {
      lineStart = false
      indent(indents, /^ *$/u.test(token) ? token.length : 0)
    }
    if (token === '[' || token === '{') brackets += 1
    else if (token === ']' || token === '}') brackets = Math.max(0, brackets - 1)
    else if (brackets === 0 && (token === '-' || token === '?' || token === ':')) onLine += 1
    if (brackets + indents.length + onLine > DEEPEST) return offset
    offset += token.length
  }
  return undefined
}

function indent(indents: number[], column: number): void {
  while ((indents.at(-1) ?? 0) > column) indents.pop()
  if ((indents.at(-1) ?? 0) < column) indents.push(column)
}
