import { csvLine } from './csv.ts'
import type { SealedEvent } from './export-ports.ts'
import { outcomeOf } from './outcome.ts'
import type { People } from './read-log.ts'

const COLUMNS = [
  'number',
  'time (UTC)',
  'action',
  'outcome',
  'who',
  'who (id)',
  'to whom',
  'team',
  'database',
  'database user',
  'reason or comment',
  'access request',
  'grant',
  'address',
  'request id',
  'intent id',
  'detail (JSON)',
]

/** For people and their spreadsheets. It proves nothing: that is what the other format is for. */
export const csv = {
  // Spreadsheets take a file without this mark for one in an old encoding.
  head: () => `\ufeff${csvLine(COLUMNS)}`,
  lines: (events: readonly SealedEvent[], people: People): string =>
    events.map((event) => csvLine(cellsOf(event, people))).join(''),
}

function cellsOf({ seq, entry }: SealedEvent, people: People): (string | number | null)[] {
  const detail = JSON.parse(entry.payload) as Record<string, unknown>
  const text = (name: string) => (typeof detail[name] === 'string' ? detail[name] : null)
  const whom = text('person')
  return [
    seq,
    timeText(entry.at),
    entry.action,
    outcomeOf(entry.action) ?? 'unknown',
    people[entry.actor] ?? entry.actor,
    entry.actor,
    whom === null ? null : (people[whom] ?? whom),
    text('team'),
    text('database'),
    text('user'),
    text('reason') ?? text('comment'),
    text('request'),
    text('grant'),
    entry.address,
    entry.request,
    entry.intent,
    entry.payload,
  ]
}

/** ISO 8601 with all six digits that the database has. */
function timeText(micros: string): string {
  const at = BigInt(micros)
  const seconds = new Date(Number(at / 1_000n)).toISOString().slice(0, 19)
  return `${seconds}.${(at % 1_000_000n).toString().padStart(6, '0')}Z`
}
