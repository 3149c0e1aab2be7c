import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { EXIT_CODES } from '../core/audit/findings.ts'
import { linesOf } from '../core/audit/lines.ts'
import type { AnchorNote, LogReport } from '../core/audit/log-to-verify.ts'
import { NoteError, type NoteVerifier, parseVerifierKey } from '../core/audit/note.ts'
import { readNotes } from '../core/audit/read-notes.ts'
import { verifyExport } from '../core/audit/verify-export.ts'
import { exportText, logText } from './report-text.ts'

/** What the command was asked for, beside a file. `keys` may be empty. */
export type DatabaseWish = { keys: NoteVerifier[]; anchors: AnchorNote[]; from: number }

type Deps = {
  /** How it is called, for the line about its use. */
  name: string
  /** Verifies the log in the database; absent where there is none, as in the single file. */
  database?: (wish: DatabaseWish) => Promise<LogReport>
  print: (text: string) => void
  complain: (text: string) => void
}

/** What keeps it from verifying at all: how it was called, or a file that cannot be read. Exit code 1, never that of a finding. */
class Unusable extends Error {}

/**
 * `verify [FILE] --key KEY… [--anchor FILE]… [--from N]`. Exit codes: 0 holds, 1 could not be verified, 2 altered, 3 rolled back,
 * 4 two histories, 5 unsealed, cut or a gap, 6 wrong key.
 */
export async function verifyCommand(args: readonly string[], deps: Deps): Promise<number> {
  try {
    const { file, keys, anchors, from } = await readArguments(args, deps)
    if (file === null) {
      if (!deps.database) throw new Unusable(usage(deps))
      const report = await deps.database({ keys, anchors, from })
      deps.print(logText(report))
      return EXIT_CODES[report.outcome]
    }
    if (keys.length === 0)
      throw new Unusable(
        'Say which key you trust: --key and the verifier key that you were given, or a file that holds it.\n' +
          'Do not take it from the export: whoever changed the one could change the other.',
      )
    if (from > 0)
      throw new Unusable('--from is for the log in the database; an export is read whole.')
    const bytes = file === '-' ? process.stdin : createReadStream(file)
    const report = await verifyExport(linesOf(bytes), { keys, anchors })
    deps.print(exportText(report))
    return EXIT_CODES[report.outcome]
  } catch (error) {
    const text = error instanceof Unusable ? error.message : unreadable(error)
    if (text === null) throw error
    deps.complain(`${text}\n`)
    return 1
  }
}

async function readArguments(args: readonly string[], deps: Deps) {
  const { values, positionals } = parse(args, deps)
  if (positionals.length > 1) throw new Unusable(usage(deps))
  const from = values.from ?? '0'
  if (!/^(0|[1-9]\d{0,14})$/.test(from))
    throw new Unusable('--from takes a number of events, such as 120000.')
  return {
    file: positionals[0] ?? null,
    keys: await Promise.all((values.key ?? []).map(readKey)),
    anchors: (await Promise.all((values.anchor ?? []).map(readAnchors))).flat(),
    from: Number(from),
  }
}

function parse(args: readonly string[], deps: Deps) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        key: { type: 'string', multiple: true },
        anchor: { type: 'string', multiple: true },
        from: { type: 'string' },
      },
    })
  } catch (error) {
    if (error instanceof TypeError) throw new Unusable(`${error.message}\n${usage(deps)}`)
    throw error
  }
}

/** A verifier key, or the name of a file that holds one. */
async function readKey(given: string): Promise<NoteVerifier> {
  try {
    return parseVerifierKey(given)
  } catch (error) {
    if (!(error instanceof NoteError)) throw error
    const kept = await readFile(given, 'utf8').catch(() => null)
    if (kept === null) throw new Unusable(`--key: ${error.message}`)
    try {
      return parseVerifierKey(kept)
    } catch {
      throw new Unusable(`--key: ${given} holds no verifier key. ${error.message}`)
    }
  }
}

async function readAnchors(place: string): Promise<AnchorNote[]> {
  const notes = readNotes(await readFile(place, 'utf8'))
  if (notes.length === 0)
    throw new Unusable(
      `--anchor: ${place} holds no checkpoint. It is a signed note, or JSON lines with a note.`,
    )
  return notes.map((note) => ({ place, note }))
}

function unreadable(error: unknown): string | null {
  if (!(error instanceof Error && 'code' in error && 'path' in error)) return null
  return `${String(error.path)} cannot be read (${String(error.code)}). Check its name and who may read it.`
}

const usage = ({ name, database }: Deps) =>
  `${name} ${database ? '[EXPORT]' : 'EXPORT'} --key KEY [--anchor FILE]…${database ? ' [--from N]' : ''}`
