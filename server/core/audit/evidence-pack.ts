import { csv } from './export-csv.ts'
import { jsonLines } from './export-jsonl.ts'
import { type ExportPage, exportPages } from './export-pages.ts'
import type { ExportSource, NewestCheckpoint, SealedEvent } from './export-ports.ts'
import type { BeginExport, Reader } from './export-run.ts'
import { type EvidenceFacts, evidencePage } from './evidence-page.ts'
import { collectSummary } from './evidence-summary.ts'
import { ACTIONS } from './outcome.ts'
import type { People } from './read-log.ts'
import { type Search, searchText } from './search.ts'

/** A period, and the database or the team that it is about. */
export type EvidenceWish = { from: Date; to: Date; database?: string; team?: string }

/** The rules of a catalog as one canonical text; null where a catalog was loaded before rules were kept. */
export type CatalogInForce = { at: string; sha256: string; rules: string | null }

type Deps = {
  source: ExportSource
  begin: BeginExport
  /** The catalogs that were in force at some moment of [from, to), oldest first. */
  catalogs: (from: Date, to: Date) => Promise<CatalogInForce[]>
  /** The text of the single-file verifier. */
  verifier: string
  now: () => Date
}

/** A file of a pack, made while it is read; files are read in their order, one after another. */
export type PackFile = { name: string; text(): AsyncIterable<string> }
export type EvidencePack = { files: PackFile[]; close(): Promise<void> }
export type MakeEvidencePack = ReturnType<typeof evidencePack>

/** Tables of a pack: which actions, and which of their events. */
const TABLES: { name: string; actions: RegExp; only?: (event: SealedEvent) => boolean }[] = [
  { name: 'requests.csv', actions: /^(request|decision)\./ },
  { name: 'access.csv', actions: /^grant\./ },
  { name: 'tokens.csv', actions: /^token\./ },
  {
    name: 'emergencies.csv',
    actions: /^(request\.created|grant\.started|emergency\.reviewed)$/,
    only: ({ entry }) =>
      entry.action === 'emergency.reviewed' || entry.payload.includes('"emergency":true'),
  },
]

/** All that an auditor asks for about a period and a database or team, as files that prove themselves. Throws what `exportRuns` throws. */
export function evidencePack({ source, begin, catalogs, verifier, now }: Deps) {
  return async (reader: Reader, wish: EvidenceWish): Promise<EvidencePack> => {
    const search: Search = wish
    const filter = searchText(search)
    const run = await begin(reader, { format: 'evidence', filter })
    const { size, origin, key, note } = run.checkpoint
    try {
      const inForce = await catalogs(wish.from, wish.to)
      const rules = inForce.map(({ at, sha256, rules }) => ({
        at,
        sha256,
        rules,
        file: rules === null ? null : `rules/${sha256.slice(0, 16)}.json`,
      }))
      const exportedAt = now().toISOString()
      const summary = collectSummary()
      let people: People = {}

      async function* events() {
        const writer = jsonLines(source, run.checkpoint, search)
        yield writer.head()
        for await (const page of exportPages(source, search, size)) {
          page.events.forEach(summary.add)
          run.progress.count += page.events.length
          people = page.people
          yield await writer.lines(page.events)
        }
        yield writer.end(run.progress.count)
      }
      const facts: EvidenceFacts = {
        about: aboutOf(wish),
        from: wish.from.toISOString(),
        to: wish.to.toISOString(),
        origin,
        size,
        exportedAt,
        catalogs: rules,
      }
      const files: PackFile[] = [
        { name: 'VERIFY.txt', text: () => once(howToVerify(key)) },
        { name: 'latchkey-verify.mjs', text: () => once(verifier) },
        { name: 'checkpoint.txt', text: () => once(note) },
        { name: 'events.jsonl', text: events },
        {
          name: 'catalogs.jsonl',
          text: () => catalogEvents(source, run.checkpoint, wish, inForce),
        },
        ...TABLES.map(({ name, actions, only }) => ({
          name,
          text: () =>
            tableText(
              exportPages(
                source,
                { ...search, actions: ACTIONS.filter((action) => actions.test(action)) },
                size,
              ),
              only,
            ),
        })),
        ...uniqueFiles(rules),
        {
          name: 'index.html',
          // The last to be read: by then all events have passed.
          text: async function* () {
            yield evidencePage(facts, summary.summary(), people)
            run.progress.how = 'complete'
          },
        },
      ]
      return { files, close: run.close }
    } catch (error) {
      run.progress.how = 'failed'
      await run.close()
      throw error
    }
  }
}

/** The events that say which rules were in force, with their proofs: they are of no database and no team. */
async function* catalogEvents(
  source: ExportSource,
  checkpoint: NewestCheckpoint,
  { from, to }: EvidenceWish,
  [first]: readonly CatalogInForce[],
): AsyncGenerator<string> {
  const search: Search = {
    actions: ['catalog.loaded'],
    from: first ? new Date(first.at) : from,
    to,
  }
  const writer = jsonLines(source, checkpoint, search)
  let count = 0
  yield writer.head()
  for await (const { events } of exportPages(source, search, checkpoint.size)) {
    count += events.length
    yield await writer.lines(events)
  }
  yield writer.end(count)
}

async function* tableText(
  pages: AsyncIterable<ExportPage>,
  only: (event: SealedEvent) => boolean = () => true,
): AsyncGenerator<string> {
  yield csv.head()
  for await (const { events, people } of pages) yield csv.lines(events.filter(only), people)
}

/** A catalog that was put back is in force twice and one file. */
function uniqueFiles(rules: readonly { file: string | null; rules: string | null }[]): PackFile[] {
  const texts = new Map(
    rules.flatMap(({ file, rules }) => (file && rules !== null ? [[file, rules]] : [])),
  )
  return [...texts].map(([name, text]) => ({ name, text: () => once(text) }))
}

async function* once(text: string): AsyncGenerator<string> {
  yield text
}

const aboutOf = ({ database, team }: EvidenceWish) =>
  [database && `database ${database}`, team && `team ${team}`].filter(Boolean).join(', ') ||
  'everything'

const howToVerify = (
  key: string,
) => `How to verify this pack, with Node 20 or newer and nothing else:

  node latchkey-verify.mjs events.jsonl --key KEY
  node latchkey-verify.mjs catalogs.jsonl --key KEY

KEY is the public key of the log. The portal says that it is

  ${key}

but do not take it from here: take it from where you wrote it down when the portal was set up. Take the verifier from somewhere
else as well if you do not trust this copy.

It holds when each event is what was sealed, at its place in the log whose size and root the checkpoint says. That the checkpoint is
not of another history is told by comparing it with what was anchored outside of the portal's database.

Each file in rules/ has the access rules of one catalog. Its SHA-256 is \`rulesSha256\` of an event in catalogs.jsonl; the name is the
beginning of the SHA-256 of the catalog's file as it lay in your own repository.
`
