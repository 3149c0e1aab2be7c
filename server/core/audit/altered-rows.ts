import type { Entry } from './entry.ts'
import type { Findings } from './findings.ts'
import type { SealedRow } from './log-to-verify.ts'

type Altered = { seq: number; entry: Entry; sealed: string; computed: string }

const MOST_COMPARED = 1_000

/** Events that are not as they were sealed. Told at the end, since only then it is known which of them changed places. */
export function alteredRows(findings: Findings) {
  const altered: Altered[] = []

  function add(row: Altered, placeOf: (leaf: string) => number | undefined) {
    const { seq, entry, sealed, computed } = row
    const other = placeOf(computed)
    const what =
      other === undefined
        ? `as it stands its leaf is ${computed}, sealed was ${sealed}: it was changed after it was sealed.`
        : `it stands where another event was sealed; its own place is seq ${other}.`
    findings.add(
      'altered',
      `seq ${seq}, event ${entry.id} (${entry.action} by ${entry.actor}, ${instant(entry.at)}): ${what}`,
      { seq, eventId: entry.id },
    )
  }

  return {
    add({ seq, leaf }: SealedRow, entry: Entry, computed: Buffer): void {
      const row = { seq, entry, sealed: leaf.toString('hex'), computed: computed.toString('hex') }
      if (altered.length < MOST_COMPARED) altered.push(row)
      else add(row, () => undefined)
    },
    tell(): void {
      const places = new Map(altered.map(({ sealed, seq }) => [sealed, seq]))
      for (const row of altered) add(row, (leaf) => places.get(leaf))
    },
  }
}

/** Microseconds since 1970 for reading; the number itself where it is no time that can be. */
export function instant(microseconds: string): string {
  const milliseconds = Number(microseconds) / 1_000
  return Math.abs(milliseconds) <= 8.64e15 ? new Date(milliseconds).toISOString() : microseconds
}
