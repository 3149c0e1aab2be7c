import type { YAMLError } from 'yaml'

/** What to write instead, by the parser's code of the fault. */
const MENDS: Partial<Record<YAMLError['code'], string>> = {
  TAB_AS_INDENT: 'indent with blanks, two for each level',
  BAD_INDENT: 'give it the indentation of its neighbours, with blanks',
  BAD_SCALAR_START: 'put the value in quotes',
  BAD_DQ_ESCAPE: "write a backslash as \\\\, or use 'single quotes'",
  BLOCK_AS_IMPLICIT_KEY: 'put the value in quotes, or its keys on lines of their own',
  MULTILINE_IMPLICIT_KEY: 'put the value in quotes, or line up the indentation',
  BLOCK_IN_FLOW: 'inside brackets write [a, b] or {a: 1}, or take the brackets away',
  KEY_OVER_1024_CHARS: 'shorten the key',
  MISSING_CHAR: 'close the quote or the bracket, or put a blank after the colon',
  TAG_RESOLVE_FAILED: 'take the tag away: words that begin with ! mean nothing here',
  BAD_DIRECTIVE: 'take the line that begins with % out',
}

const OTHERWISE = 'look at this line and the one before: is a quote, a colon or a blank missing?'

/** The parser's fault as [message, mend]. */
export function explain(fault: YAMLError): [string, string] {
  if (fault.code === 'MULTIPLE_DOCS')
    return ['a second document begins here', 'take the line --- out: a catalog is one document']
  const message = fault.message.charAt(0).toLowerCase() + fault.message.slice(1)
  return [`this is not YAML: ${message}`, MENDS[fault.code] ?? OTHERWISE]
}
