import pg from 'pg'
import type { StoredEvent } from '../../server/core/audit/event.ts'
import { outcomeOf } from '../../server/core/audit/outcome.ts'
import type { AuditReads } from '../../server/core/audit/read-log.ts'
import type { Search } from '../../server/core/audit/search.ts'

/** An event as a test wants it to be, also in the past: only a superuser may say when something happened. */
export type Made = {
  at: Date
  action: string
  actor: string
  requestId?: string
  address?: string | null
  detail: Record<string, unknown>
}

export async function asSuperuser<T>(
  url: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

export const addEvents = (client: pg.Client, events: readonly Made[]) =>
  client.query(
    `INSERT INTO audit.event (at, action, actor, request_id, address, payload)
     SELECT * FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])`,
    [
      events.map(({ at }) => at),
      events.map(({ action }) => action),
      events.map(({ actor }) => actor),
      events.map(({ requestId }) => requestId ?? 'test'),
      events.map(({ address }) => address ?? null),
      events.map(({ detail }) => JSON.stringify(detail)),
    ],
  )

/** All pages of a search, one after the other. `between` happens after each. */
export async function allPages(
  reads: AuditReads,
  search: Search,
  limit: number | ((page: number) => number),
  between: () => Promise<void> | void = () => {},
): Promise<StoredEvent[]> {
  const limitOf = typeof limit === 'number' ? () => limit : limit
  const seen: StoredEvent[] = []
  let page = await reads.page(search, null, limitOf(0))
  for (let number = 1; ; number++) {
    seen.push(...page.events)
    if (!page.next) return seen
    await between()
    page = await reads.page(search, page.next, limitOf(number))
  }
}

/** What a search means, said in the plainest way. */
export function fits(search: Search, event: StoredEvent): boolean {
  const { detail } = event
  const words = (text: string) => text.toLowerCase().match(/[a-z0-9é]+/g) ?? []
  const said = words(`${String(detail['reason'] ?? '')} ${String(detail['comment'] ?? '')}`)
  const sought = words(search.text ?? '')
  const is = <T>(wanted: T | undefined, value: unknown) => wanted === undefined || wanted === value
  return (
    (is(search.person, event.actor) || search.person === detail['person']) &&
    (!search.actions?.length || search.actions.includes(event.action)) &&
    is(search.outcome, outcomeOf(event.action)) &&
    is(search.database, detail['database']) &&
    is(search.team, detail['team']) &&
    is(search.request, detail['request']) &&
    is(search.address, event.address) &&
    (search.text === undefined ||
      (sought.length > 0 && sought.every((word) => said.some((each) => each.startsWith(word))))) &&
    (!search.from || event.at >= search.from) &&
    (!search.to || event.at < search.to)
  )
}
