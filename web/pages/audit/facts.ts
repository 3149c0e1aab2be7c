import type { AuditEntry } from '../../../server/contract/audit.ts'

type Fact = { label: string; value: string; mono: true }

/** What leads to the side of AWS: the AssumeRole call behind a token. */
const KEYS = {
  accessKeyId: 'Access key id',
  stsRequestId: 'AssumeRole id',
  sessionName: 'Source identity',
}

export function keyFactsOf({ action, detail }: AuditEntry): Fact[] {
  if (action !== 'token.issued') return []
  return Object.entries(KEYS).flatMap(([field, label]) => {
    const value = detail[field]
    return typeof value === 'string' && value ? [{ label, value, mono: true }] : []
  })
}

/** Every field as it is kept. */
export function factsOf(event: AuditEntry): Fact[] {
  const { detail, ...fields } = event
  const all: [string, unknown][] = [
    ['event', fields.id],
    ['at', fields.at],
    ['sealed as', fields.seq],
    ['action', fields.action],
    ['actor', fields.actor],
    ['subject', fields.subject],
    ['address', fields.address],
    ['HTTP request', fields.requestId],
    ['intent', fields.intentId],
    ...Object.entries(detail),
  ]
  return all.flatMap(([label, value]) => {
    const text = show(value)
    return text === null ? [] : [{ label, value: text, mono: true as const }]
  })
}

function show(value: unknown): string | null {
  if (value === null || value === undefined) return null
  if (Array.isArray(value)) return value.map(String).join(', ') || 'none'
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
