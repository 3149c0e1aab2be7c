/** One slash, then only what a path and a query of ours are made of: no backslash, no fragment, no control character. */
const LOCAL = /^\/(?![/\\])[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*$/
/** A slash, a backslash, a control character in disguise, or a percent sign that could become one of them. */
const DISGUISED = /%(?:2f|5c|25|[01][0-9a-f]|7f)/i
const BROKEN_ESCAPE = /%(?![0-9a-f]{2})/i
const LONGEST = 512
/** Stands for our own origin, whichever it is: only what a URL parser changes is of interest. */
const HERE = 'http://portal.invalid'

/**
 * Where to go after signing in: the path as it was given, character for character, or `/`.
 * What was judged is what is used: nothing is trimmed, decoded or put together again (RFC 9700 §4.11, OWASP ASVS 5.0 3.7.2).
 */
export function safeReturnTo(value: unknown): string {
  return typeof value === 'string' && isLocal(value) ? value : '/'
}

function isLocal(value: string): boolean {
  if (value.length > LONGEST || !LOCAL.test(value) || value.includes('//')) return false
  const path = value.split('?', 1)[0]!
  if (DISGUISED.test(path) || BROKEN_ESCAPE.test(value)) return false
  // Back to signing in would be a circle.
  if (path === '/auth' || path.startsWith('/auth/')) return false
  const parsed = new URL(value, HERE)
  return parsed.origin === HERE && parsed.pathname === path
}
