import type { LastToken } from './ports.ts'

/** Where things that carry a token are known to cut it off: characters, and which. */
const LIMITS: readonly (readonly [from: number, to: number, what: string])[] = [
  [99, 100, 'the password prompt of psql before version 14'],
  [255, 256, 'a form or driver that keeps 255 characters'],
  [999, 1000, 'a password field of 1000 characters, such as that of pgAdmin before 4.23'],
  [1022, 1024, 'a line typed at a terminal of macOS, or an ODBC connection string'],
  [4085, 4085, 'a line of an option file of MySQL or MariaDB'],
  [4094, 4096, 'a line typed at a terminal of Linux'],
]

/**
 * What became of a token on its way, by how many characters the client got; null where it is as long as it was issued.
 * The lengths of its parts follow from the form that AWS signs: `host:port/?Action=connect&…`.
 */
export function lengthFault(received: number, token: LastToken): string | null {
  if (received === token.length) return null
  const both = `Your client got ${received} characters, and the token has ${token.length}`
  if (received > token.length) return `${both}: ${addedTo(received - token.length)}.`
  return `${both}: ${cutAt(received, token)}.`
}

function addedTo(more: number): string {
  if (more === 1) return 'a line break or a blank came along at the end'
  if (more === 2) return 'quotes came along, or a line break of Windows'
  return 'it was encoded, or something stands around it'
}

function cutAt(received: number, { host, port }: LastToken): string {
  if (received === 0) return 'it sent nothing'
  const address = `${host}:${port}/`
  if (received === host.length)
    return 'that is the host name alone, so it was cut at its colon, as by a line of .pgpass in which the colon is not escaped'
  if (received === `${address}?Action=connect`.length)
    return 'it was cut at its first “&”, as in an address in which it is not percent-encoded'
  if (received === address.length)
    return 'it was cut at its “?”, as in an address in which it is not percent-encoded'
  const limit = LIMITS.find(([from, to]) => from <= received && received <= to)
  return limit ? `it was cut off as by ${limit[2]}` : 'it was cut off on the way'
}
