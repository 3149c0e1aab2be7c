import type { Entry } from './entry.ts'
import type { AuditDetail } from './event.ts'
import type { Findings } from './findings.ts'
import type { SealedRow, UnsealedRow } from './log-to-verify.ts'
import { NoteError, type NoteVerifier } from './note.ts'
import { type KeyRotation, openRotation } from './rotation.ts'

/** A change of keys that stands in the log, signed by both of them. */
export type Rotation = { seq: number; eventId: string; from: NoteVerifier; to: NoteVerifier }

const OUTCOMES = new Set(['token.issued', 'token.failed', 'token.unknown'])

/** So many separate holes are kept until it is known what was dropped; whoever makes more gets no excuse. */
const MOST_RUNS = 100_000

type Run = { from: number; to: number; eventId: string }
type OpenIntent = { seq: number | null; eventId: string; at: string }

/** What events themselves say about the log: that the key changed, that old ones were dropped, that a token was meant and came to an end. */
export function watchEvents(findings: Findings) {
  const rotations: Rotation[] = []
  const intents = new Map<string, OpenIntent>()
  const missing: Run[] = []
  const pruned: { from: number; to: number }[] = []

  function rotate(said: () => KeyRotation, seq: number, { id }: Entry) {
    try {
      rotations.push({ seq, eventId: id, ...openRotation(said()) })
    } catch (error) {
      if (!(
        error instanceof NoteError ||
        error instanceof TypeError ||
        error instanceof SyntaxError
      ))
        throw error
      findings.add(
        'wrong_key',
        `seq ${seq}, event ${id} says that the signing key changed, and is not signed by both keys: the portal did not write it. The key is not trusted.`,
        { seq, eventId: id },
      )
    }
  }

  function prune(entry: Entry) {
    const { gone, changes } = prunedOf(entry)
    pruned.push(...gone)
    for (const { seq, ...rotation } of changes) rotate(() => rotation, seq, entry)
  }

  function addDeleted(from: number, to: number, eventId: string | null) {
    const seqs = to - from === 1 ? `seq ${from}` : `seq ${from} to ${to - 1}`
    const event =
      eventId === null ? '' : to - from === 1 ? `, event ${eventId}` : `, from event ${eventId} on`
    findings.add('altered', `${seqs}${event}: sealed, and deleted since.`, {
      seq: from,
      ...(eventId !== null && { eventId }),
    })
  }

  return {
    /** In the order of the log, where an event that was dropped is told of by a later one. */
    rotations: () => rotations.toSorted((a, b) => a.seq - b.seq),
    intents,

    /** An event whose leaf is as it was sealed. */
    sealed(entry: Entry, seq: number): void {
      if (entry.action === 'token.intent' && entry.intent !== null)
        intents.set(entry.intent, { seq, eventId: entry.id, at: entry.at })
      else if (OUTCOMES.has(entry.action) && entry.intent !== null) intents.delete(entry.intent)
      else if (entry.action === 'key.rotated')
        rotate(() => detailOf(entry) as KeyRotation, seq, entry)
      else if (entry.action === 'audit.pruned') prune(entry)
    },

    unsealed({ id, at, action, intent }: UnsealedRow): void {
      if (action === 'token.intent' && intent !== null)
        intents.set(intent, { seq: null, eventId: id, at })
      else if (OUTCOMES.has(action) && intent !== null) intents.delete(intent)
    },

    missing({ seq, eventId }: SealedRow): void {
      const last = missing.at(-1)
      if (last?.to === seq) last.to++
      else if (missing.length < MOST_RUNS) missing.push({ from: seq, to: seq + 1, eventId })
      else addDeleted(seq, seq + 1, eventId)
    },

    /** Rows without an event are altered, unless an event that stands in the log says that they were dropped. Returns how many were. */
    judgeMissing(): number {
      let dropped = 0
      for (const run of missing)
        for (const { from, to, isPruned } of split(run, pruned))
          if (isPruned) dropped += to - from
          else addDeleted(from, to, from === run.from ? run.eventId : null)
      return dropped
    },
  }
}
export type Watch = ReturnType<typeof watchEvents>

const detailOf = (entry: Entry): unknown => JSON.parse(entry.payload)

type Range = { from: number; to: number }

/**
 * `audit.pruned` says `from` and `to`: the events of seq `from` to `to - 1` may be gone; `earlier`, what was gone before them;
 * `rotations`, how the keys changed among them. What cannot be read excuses nothing.
 */
function prunedOf(entry: Entry): { gone: Range[]; changes: (KeyRotation & { seq: number })[] } {
  try {
    const { earlier, rotations, ...own } = detailOf(entry) as Partial<AuditDetail['audit.pruned']>
    const isRange = (range?: Partial<Range>): range is Range =>
      typeof range?.from === 'number' && typeof range.to === 'number'
    return {
      gone: [own, earlier].filter(isRange).map(({ from, to }) => ({ from, to })),
      changes: (rotations ?? []).filter(({ seq }) => Number.isSafeInteger(seq)),
    }
  } catch {
    // As it was sealed it says nothing that can be read.
    return { gone: [], changes: [] }
  }
}

/** A run of missing rows, cut where what was dropped begins and ends. */
function split(run: Run, pruned: readonly { from: number; to: number }[]) {
  const cuts = pruned.flatMap(({ from, to }) => [from, to])
  const edges = [...new Set([run.from, ...cuts, run.to])]
    .filter((edge) => edge >= run.from && edge <= run.to)
    .sort((a, b) => a - b)
  return edges.slice(1).map((to, at) => {
    const from = edges[at] as number
    return { from, to, isPruned: pruned.some((each) => each.from <= from && to <= each.to) }
  })
}
