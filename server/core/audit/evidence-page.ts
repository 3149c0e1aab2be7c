import type { GrantStory, RequestStory, Summary } from './evidence-summary.ts'
import { escapeHtml, table } from './html.ts'
import type { People } from './read-log.ts'

export type EvidenceFacts = {
  /** `database orders`, `team payments`. */
  about: string
  from: string
  to: string
  origin: string
  size: number
  exportedAt: string
  /** The catalogs in force: since when, SHA-256 of the file, and the file of the pack that has its rules, where it is known. */
  catalogs: readonly { at: string; sha256: string; file: string | null }[]
}

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem;color:#1a1d23}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}th,td{border:1px solid #c9ced6;padding:.3rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}
th{background:#f2f4f7}dt{font-weight:600}dd{margin:0 0 .5rem}code{overflow-wrap:anywhere}@media print{body{margin:0}}`

/** The page of an evidence pack that a person reads first. It runs nothing and asks for nothing. */
export function evidencePage(facts: EvidenceFacts, summary: Summary, people: People): string {
  const name = (id: string) => people[id] ?? id
  const { grants, requests } = summary
  const title = `Evidence: ${facts.about}, ${facts.from} to ${facts.to}`
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body>
<h1>${escapeHtml(title)}</h1>
<p>${intro(facts, summary)}</p>
<p>This page is for reading and proves nothing by itself. What it tells is taken from <code>events.jsonl</code>, which proves each
event: see <code>VERIFY.txt</code>. The number before an entry is its number in the log.</p>
${table('What happened', ['event', 'how often'], [...summary.actions].sort(byName))}
${table('Rules in force', ['since', 'SHA-256 of the catalog', 'rules'], facts.catalogs.map(catalogRow))}
${table(
  'Emergencies',
  ['no.', 'who', 'database', 'user', 'from', 'until', 'tokens', 'reviewed by', 'comment'],
  grants.filter((grant) => grant.emergency).map((grant) => emergencyRow(grant, name)),
)}
${table(
  'Requests',
  ['no.', 'who', 'database', 'user', 'how long', 'reason', 'decided', 'outcome'],
  requests.map((request) => requestRow(request, name)),
)}
${table(
  'Access',
  ['no.', 'who', 'database', 'user', 'from', 'until', 'tokens', 'ended early'],
  grants.map((grant) => grantRow(grant, name)),
)}
${summary.untold > 0 ? `<p>${summary.untold} more are in the tables beside this page.</p>` : ''}
</body></html>
`
}

const intro = ({ origin, size, exportedAt }: EvidenceFacts, { count, first, last }: Summary) =>
  count === 0
    ? `No event of the log <code>${escapeHtml(origin)}</code> is of this period. It had ${size} events when this was made, at ${exportedAt}.`
    : `${count} events, numbers ${first} to ${last}, of the log <code>${escapeHtml(origin)}</code>, which had ${size} when this was made, at ${exportedAt}.`

const byName = (a: readonly [string, number], b: readonly [string, number]) =>
  a[0] < b[0] ? -1 : 1

const catalogRow = ({ at, sha256, file }: EvidenceFacts['catalogs'][number]) => [
  at,
  sha256,
  file ?? 'not kept: find the file by its SHA-256 in your own history',
]

const emergencyRow = (grant: GrantStory, name: (id: string) => string) => [
  grant.seq,
  name(grant.person),
  grant.database,
  grant.user,
  grant.startsAt,
  grant.endsAt,
  grant.tokens,
  grant.review ? name(grant.review.by) : 'nobody in this period',
  grant.review?.comment ?? null,
]

const requestRow = (request: RequestStory, name: (id: string) => string) => [
  request.seq,
  name(request.person),
  request.database,
  request.user,
  `${request.seconds / 60} min`,
  request.reason,
  request.decisions
    .map(
      ({ person, verdict, comment }) =>
        `${name(person)}: ${verdict}${comment ? ` (${comment})` : ''}`,
    )
    .join('; ') || (request.emergency ? 'emergency: at once' : 'nobody had to'),
  request.outcome,
]

const grantRow = (grant: GrantStory, name: (id: string) => string) => [
  grant.seq,
  name(grant.person),
  grant.database,
  grant.user,
  grant.startsAt,
  grant.endsAt,
  grant.tokens,
  grant.ended
    ? `${grant.ended.how.replace('_', ' ')}, ${name(grant.ended.by)}${grant.ended.reason ? `: ${grant.ended.reason}` : ''}`
    : null,
]
