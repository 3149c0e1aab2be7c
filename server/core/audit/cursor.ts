/**
 * Where a page ends, and as of which moment the log is read: later pages see what the first one could see, and nothing
 * that was committed since, so that nothing is skipped or repeated while events arrive.
 */
export type Cursor = {
  /** A `pg_snapshot` of when the first page was read, and that moment in microseconds since 1970. */
  snapshot: string
  asOf: bigint
  /** The last event that was given out: its time in microseconds since 1970, and its id. */
  at: bigint
  id: bigint
}

/** The last microsecond of the year 9999: no event is later, and PostgreSQL and JavaScript both have it. */
const LAST = 253_402_300_799_999_999n
const MAX_ID = 9_223_372_036_854_775_807n

export const cursorText = ({ snapshot, asOf, at, id }: Cursor): string =>
  Buffer.from(`1;${snapshot};${asOf};${at};${id}`).toString('base64url')

/** Null for anything that `cursorText` cannot have made. */
export function readCursor(text: string): Cursor | null {
  const plain = Buffer.from(text, 'base64url').toString('latin1')
  const found = /^1;([0-9:,]{1,1400});(\d{1,18});(\d{1,18});(\d{1,19})$/.exec(plain)
  if (!found || Buffer.from(plain, 'latin1').toString('base64url') !== text) return null
  const [, snapshot = '', asOf = '', at = '', id = ''] = found
  const cursor = { snapshot, asOf: BigInt(asOf), at: BigInt(at), id: BigInt(id) }
  const holds =
    isSnapshot(snapshot) && cursor.asOf <= LAST && cursor.at <= LAST && cursor.id <= MAX_ID
  return holds && cursorText(cursor) === text ? cursor : null
}

/** As PostgreSQL reads `xmin:xmax:xip,…`: ids from 1, those in progress ascending in [xmin, xmax). */
export function isSnapshot(text: string): boolean {
  const found = /^(\d{1,19}):(\d{1,19}):((?:\d{1,19}(?:,\d{1,19})*)?)$/.exec(text)
  if (!found) return false
  const [min, max] = [BigInt(found[1]!), BigInt(found[2]!)]
  if (min < 1n || max < min || max > MAX_ID) return false
  let last = min - 1n
  return (found[3] === '' ? [] : found[3]!.split(',')).every((each) => {
    const id = BigInt(each)
    const holds = id > last && id < max
    last = id
    return holds
  })
}
