import { checkAnchors } from './check-anchors.ts'
import { readCheckpoint } from './checkpoint.ts'
import { checkExportLines } from './check-export-lines.ts'
import type { ExportHeader } from './export.ts'
import { collectFindings, type Findings, type Judgement } from './findings.ts'
import type { AnchorNote } from './log-to-verify.ts'
import { NoteError, type NoteVerifier } from './note.ts'
import { openSigned } from './open-signed.ts'
import { openRotation } from './rotation.ts'

/** `isWhole`: it holds every event of the log at its checkpoint, so nothing was left out. */
export type ExportReport = Judgement & {
  origin: string | null
  size: number
  root: Buffer | null
  isWhole: boolean
  counted: { events: number; anchors: number; anchorsPassed: number }
}

type Trust = { keys: readonly NoteVerifier[]; anchors?: readonly AnchorNote[] }

/**
 * Is each line of an export an event of the log that the keys signed? Needs nothing else: no portal, no database.
 * `lines` come without their ends, null for one that is no text. Throws only what reading throws.
 */
export async function verifyExport(
  lines: AsyncIterable<string | null>,
  { keys, anchors = [] }: Trust,
): Promise<ExportReport> {
  const findings = collectFindings()
  const reader = lines[Symbol.asyncIterator]()
  const head = await reader.next()
  const header = head.done ? null : readHeader(head.value)
  if (!header) {
    findings.add(
      head.done ? 'unsealed' : 'altered',
      head.done
        ? 'the file is empty. Download the export again.'
        : 'line 1 is not the header of an audit export of this format: either the file is something else, or it was changed.',
    )
    const counted = { events: 0, anchors: 0, anchorsPassed: 0 }
    return { ...findings.judge(), origin: null, size: 0, root: null, isWhole: false, counted }
  }
  const known = [...keys, ...followed(header, keys, findings)]
  const checkpoint = checkpointOf(header, known, findings)
  const size = checkpoint?.size ?? 0
  const comparable = anchors.filter(({ note }) => !isBeyond(note, size))
  const { events, roots } = await checkExportLines(reader, checkpoint, comparable, findings)
  const eras = { any: known, needed: () => [known] }
  const checked = checkAnchors(comparable, { size, roots }, eras, findings)
  return {
    ...findings.judge(),
    origin: header.origin,
    size,
    root: checkpoint?.root ?? null,
    isWhole: events === size,
    counted: {
      events,
      anchors: anchors.length,
      anchorsPassed: checked.anchorsPassed + anchors.length - comparable.length,
    },
  }
}

function readHeader(line: string | null): ExportHeader | null {
  try {
    const header = JSON.parse(line ?? '') as ExportHeader
    const isOurs = header.format === 'latchkey-audit-export' && header.version === 1
    return isOurs && JSON.stringify(header) === line ? header : null
  } catch {
    return null
  }
}

/** Keys that a trusted key, or one of these, handed over to. */
function followed(
  header: ExportHeader,
  trusted: readonly NoteVerifier[],
  findings: Findings,
): NoteVerifier[] {
  const found: NoteVerifier[] = []
  try {
    for (const rotation of header.rotations) {
      const { from, to } = openRotation(rotation)
      if ([...trusted, ...found].some(({ key }) => key === from.key)) found.push(to)
    }
  } catch (error) {
    if (!(error instanceof NoteError || error instanceof TypeError)) throw error
    findings.add(
      'altered',
      `line 1: a change of keys in the header does not hold: ${error.message}`,
    )
  }
  return found
}

/** What the header's checkpoint says. Where nobody trusted signed it that is told, and lines are still compared with it. */
function checkpointOf(
  { checkpoint: note, origin, key }: ExportHeader,
  keys: readonly NoteVerifier[],
  findings: Findings,
): { size: number; root: Buffer } | null {
  if (note === null) return null
  if (typeof note !== 'string') {
    findings.add('altered', 'line 1: the checkpoint of the header is not a signed note.')
    return null
  }
  const signed = openSigned('line 1: the checkpoint of the export', note, [keys], findings)
  if (!signed) return unverified(note)
  if (origin !== signed.origin)
    findings.add(
      'altered',
      `line 1: the header is of ${origin}, its checkpoint of ${signed.origin}.`,
    )
  if (!keys.some((each) => each.key === key))
    findings.add('altered', 'line 1: the header names another key than the one that signed.')
  return signed
}

function unverified(note: string) {
  try {
    return readCheckpoint(note)
  } catch (error) {
    if (error instanceof NoteError) return null
    throw error
  }
}

/** The log may have grown since the export: what a larger anchor says, the export cannot tell. */
const isBeyond = (note: string, size: number) => (unverified(note)?.size ?? 0) > size
