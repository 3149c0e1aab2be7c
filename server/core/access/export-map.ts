import type { Actor } from '../actor.ts'
import { csvLine } from '../audit/csv.ts'
import type { AuditEvent } from '../audit/event.ts'
import { unlessSecret } from '../audit/secret-in.ts'
import type { Catalog } from '../catalog/catalog.ts'
import { DomainError } from '../error.ts'
import type { Record as RecordEvent } from '../person/ports.ts'
import { accessMap, type MapRow } from './access-map.ts'
import type { KnownPeople } from './known-person.ts'
import type { MapFilter } from './map-lanes.ts'

export type MapFormat = AuditEvent<'map.exported'>['detail']['format']

/** Text in pieces. Whoever took it calls `close` when nothing more is read. */
export type MapExport = { text: AsyncIterable<string>; close(): Promise<void> }

type Deps = { people: KnownPeople; catalog: () => Catalog; record: RecordEvent }

/** At once: each may be millions of rows. */
const AT_ONCE = 2
/** Rows that are made before others get their turn. */
const PIECE = 500

/**
 * The map as it is at this moment, as a file; recorded before the first byte is given out.
 * Throws too_many (`exports_running`), and unavailable where it cannot be recorded.
 */
export function exportMap({ people, catalog, record }: Deps) {
  let running = 0
  return async (actor: Actor, filter: MapFilter, format: MapFormat): Promise<MapExport> => {
    if (running >= AT_ONCE) throw tooMany()
    running += 1
    let open = true
    const close = async () => {
      if (open) running -= 1
      open = false
    }
    try {
      const inForce = catalog()
      const known = await people()
      const map = accessMap(inForce, known.people, filter)
      await record(exported(actor, filter, { format, rows: map.rows }))
      const facts = { catalogSha256: inForce.sha256, at: known.now.toISOString(), rows: map.rows }
      return { text: pieces(map.from(0), WRITERS[format](facts)), close }
    } catch (error) {
      await close()
      throw error
    }
  }
}

type Facts = { catalogSha256: string; at: string; rows: number }
type Writer = { head: string; line(row: MapRow, index: number): string; end: string }

/** Every row as programs read it, and as a spreadsheet does. */
const WRITERS: Record<MapFormat, (facts: Facts) => Writer> = {
  json: (facts) => ({
    // The brace that would close the facts comes after the rows.
    head: `${JSON.stringify({ ...facts, access: null }).replace(/null\}$/, '[')}\n`,
    line: (row, index) => `${index > 0 ? ',\n' : ''}${JSON.stringify(recordOf(row))}`,
    end: '\n]}\n',
  }),
  csv: () => ({
    head: csvLine(COLUMNS),
    line: (row) => {
      const record: Record<string, unknown> = recordOf(row)
      return csvLine(COLUMNS.map((column) => cellOf(record[column])))
    },
    end: '',
  }),
}

const recordOf = ({ person, rule, because }: MapRow) => ({
  person: person.id,
  name: person.name,
  email: person.email,
  subject: person.subject,
  signedInAt: person.signedInAt?.toISOString() ?? null,
  database: rule.database,
  user: rule.user,
  team: rule.team,
  because,
  seconds: rule.duration,
  reason: rule.reason,
  reasonPattern: rule.reasonPattern,
  approvals: rule.approval?.count ?? 0,
  approvers: rule.approval?.groups ?? [],
  emergencySeconds: rule.emergency?.duration ?? null,
})
type Column = keyof ReturnType<typeof recordOf>

const COLUMNS: readonly Column[] = [
  ...(['person', 'name', 'email', 'subject', 'signedInAt'] as const),
  ...(['database', 'user', 'team', 'because'] as const),
  ...(['seconds', 'reason', 'reasonPattern', 'approvals', 'approvers'] as const),
  'emergencySeconds',
]

const cellOf = (value: unknown): string | number | null =>
  Array.isArray(value)
    ? value.join('; ')
    : typeof value === 'number'
      ? value
      : value === null
        ? null
        : String(value)

async function* pieces(rows: Iterable<MapRow>, { head, line, end }: Writer) {
  let piece = head
  let index = 0
  for (const row of rows) {
    piece += line(row, index++)
    if (index % PIECE > 0) continue
    yield piece
    piece = ''
    await new Promise((resolve) => setImmediate(resolve))
  }
  yield piece + end
}

const exported = (
  { personId, requestId, address }: Actor,
  filter: MapFilter,
  what: { format: MapFormat; rows: number },
): AuditEvent<'map.exported'> => ({
  actor: { person: personId },
  requestId,
  address,
  action: 'map.exported',
  subject: null,
  detail: { ...what, filter: filterText(filter) },
})

/** The same text for the same filter; empty for everything. */
const filterText = (filter: MapFilter) =>
  new URLSearchParams(
    Object.entries(filter)
      .filter((pair): pair is [string, string] => pair[1] !== undefined)
      // Words that somebody looks for may be a secret that they fear is there.
      .map(([name, value]): [string, string] => [name, unlessSecret(value)])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  ).toString()

const tooMany = () =>
  new DomainError('too_many', 'Two exports of the map are running already.', {
    reason: 'exports_running',
    mend: 'Wait until one has ended, or stop it.',
    retryAfter: 30,
  })
