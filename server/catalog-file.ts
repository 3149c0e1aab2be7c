import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import type { CatalogProblem, WrittenCatalog } from './core/catalog/catalog.ts'
import { formatProblems } from './core/catalog/format-problems.ts'
import { parseCatalog } from './core/catalog/parse-catalog.ts'
import { StartError } from './core/error.ts'
import { words } from './core/inventory/find-referenced.ts'

export type CatalogStatus = {
  file: string
  sha256: string
  loadedAt: Date
  /** A newer file that was not taken: the one in force is older than what is written. */
  refused: { at: Date; sha256: string | null; problems: CatalogProblem[] } | null
}

export type CatalogSource = {
  /** The catalog in force, as it is written. */
  current(): WrittenCatalog
  status(): CatalogStatus
  /** Looks at the file now, without waiting for the next look. */
  reload(): Promise<void>
  close(): Promise<void>
}

type Options = {
  /** Records the new catalog; it comes into force only after this. Rejected: the old one stays, and it is tried again. */
  onLoad(catalog: WrittenCatalog): Promise<void>
  onRefuse(sha256: string | null, problems: readonly CatalogProblem[]): Promise<void>
  log(details: object, message: string): void
  /** Milliseconds between two looks at the file. */
  every?: number
  now?: () => Date
}

const LARGEST = 1_048_576

/**
 * The catalog of a file, looked at every two seconds: editors that rename, mounts that swap a link and network
 * disks all show themselves that way. A change counts once two looks agree, so that a file half written is not judged.
 * A bad file is refused and the last good one stays. Throws at the first load, with every problem, when there is none.
 */
export async function openCatalog(file: string, options: Options): Promise<CatalogSource> {
  const { onLoad, onRefuse, log, every = 2_000, now = () => new Date() } = options
  const first = await readCatalog(file)
  if (!first.catalog) {
    const why = new StartError(formatProblems(file, first.problems))
    // What is wrong with the file must be read, whatever is wrong with the log.
    await onRefuse(first.sha256, first.problems).catch((error: unknown) =>
      log({ err: error, file }, 'the refusal of the catalog could not be recorded'),
    )
    throw why
  }
  await onLoad(first.catalog)

  let current = first.catalog
  let loadedAt = now()
  let refused: CatalogStatus['refused'] = null
  /** What was judged last, and what the last look saw. */
  let judged = first.key
  let seen = first.key

  async function look(settled: boolean): Promise<void> {
    const found = await readCatalog(file)
    const stable = settled || found.key === seen
    seen = found.key
    if (found.key === judged || !stable) return
    if (found.catalog) {
      // Back to what is in force: nothing was ever changed by the file between.
      if (found.catalog.sha256 !== current.sha256) await onLoad(found.catalog)
      if (found.catalog.sha256 !== current.sha256) [current, loadedAt] = [found.catalog, now()]
      refused = null
    } else {
      refused = { at: now(), sha256: found.sha256, problems: found.problems }
      log(
        { problems: found.problems.length, file },
        'the catalog was refused; the last good one stays in force',
      )
      await onRefuse(found.sha256, found.problems)
    }
    judged = found.key
  }

  // One look at a time, whoever asks for it; what fails is told and tried again at the next.
  let line: Promise<void> = Promise.resolve()
  const queue = (settled: boolean) => {
    line = line
      .then(() => look(settled))
      .catch((error: unknown) =>
        log({ err: error, file }, 'the catalog could not be taken over; it will be tried again'),
      )
    return line
  }
  const timer = setInterval(() => void queue(false), every)
  timer.unref()

  return {
    current: () => current,
    status: () => ({ file, sha256: current.sha256, loadedAt, refused }),
    reload: () => queue(true),
    close: async () => {
      clearInterval(timer)
      await line
    },
  }
}

/** For `latchkey check FILE`. */
export async function checkCatalogFile(file: string): Promise<{ ok: boolean; text: string }> {
  const { catalog, problems } = await readCatalog(file)
  if (!catalog) return { ok: false, text: formatProblems(file, problems) }
  const { teams, names, rules } = catalog
  const good = `${file} is good: ${teams.size} teams, ${names.length} databases, ${rules.length} rules`
  return { ok: true, text: [good, ...followedText(catalog)].join('\n') }
}

/** What can only be told once RDS was asked. */
function followedText({ follows }: WrittenCatalog): string[] {
  if (follows.size === 0) return []
  const each = [...follows.values()].map(
    ({ name, reference, region, account }) =>
      `  ${name}: ${words(reference)} in ${region} of account ${account}`,
  )
  return ['These follow what the portal finds in RDS, and are closed until it has:', ...each]
}

type Found = { key: string; sha256: string | null } & (
  { catalog: WrittenCatalog; problems: [] } | { catalog: null; problems: CatalogProblem[] }
)

/** The catalog of a file, or all that is wrong with it. Never throws. */
export async function readCatalog(file: string): Promise<Found> {
  let bytes: Buffer
  try {
    if ((await stat(file)).size > LARGEST)
      return unreadable('large', 'the file is larger than a catalog can be', 'keep it below 1 MiB')
    bytes = await readFile(file)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
    return unreadable(
      code,
      ...(WHY_UNREADABLE[code] ?? [`the file cannot be read (${code})`, 'look at the disk']),
    )
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const text = decode(bytes)
  if (text === undefined)
    return {
      ...unreadable('binary', 'this is not text in UTF-8', 'save the file as UTF-8'),
      key: sha256,
      sha256,
    }
  const parsed = parseCatalog(text)
  return 'catalog' in parsed
    ? { key: sha256, sha256, catalog: { ...parsed.catalog, sha256 }, problems: [] }
    : { key: sha256, sha256, catalog: null, problems: parsed.problems }
}

const WHY_UNREADABLE: Record<string, [message: string, mend: string] | undefined> = {
  ENOENT: ['there is no such file', 'check the path, and that the file is mounted'],
  EISDIR: ['this is a folder', 'name the file in it'],
  EACCES: ['the file may not be read', 'let the user of the portal read it'],
}

const unreadable = (code: string, message: string, mend: string) => ({
  key: `unreadable:${code}`,
  sha256: null,
  catalog: null,
  problems: [{ line: 1, column: 1, path: '', message, mend }],
})

function decode(bytes: Buffer): string | undefined {
  try {
    // The mark at the start is the parser's to judge.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
