import type { AuditFilter } from '../contract/audit.ts'
import { type Cursor, readCursor } from '../core/audit/cursor.ts'
import type { Search } from '../core/audit/search.ts'
import { DomainError } from '../core/error.ts'

/** What the address says to look for. Throws `invalid` for a time that is none, or a range that ends before it begins. */
export function searchOf({ action, from, to, ...rest }: AuditFilter): Search {
  const search: Search = {
    ...rest,
    ...(action !== undefined && { actions: [action].flat() }),
    ...(from !== undefined && { from: instantOf('from', from) }),
    ...(to !== undefined && { to: instantOf('to', to) }),
  }
  if (search.from && search.to && search.from >= search.to)
    throw new DomainError('invalid', 'The range ends before it begins.', {
      reason: 'range',
      mend: 'Give a “to” that is later than “from”.',
    })
  return search
}

/** Null for the first page. Throws `invalid` for a cursor that no page gave out. */
export function cursorOf(before: string | undefined): Cursor | null {
  if (before === undefined) return null
  const cursor = readCursor(before)
  if (!cursor)
    throw new DomainError('invalid', 'This is not where a page ended.', {
      reason: 'cursor',
      mend: 'Take “next” of the page before as it is, or begin with the first page.',
    })
  return cursor
}

/** A leap second fits the format and is no time that can be counted with. */
function instantOf(name: string, text: string): Date {
  const at = new Date(text)
  if (Number.isNaN(at.getTime()))
    throw new DomainError('invalid', `“${name}” is no time that there is.`, { reason: 'range' })
  return at
}
