import type { Decision, Person, RequestFile } from '../core/access/request.ts'

export const GRANT_COLUMNS = `g.id, g.request_id AS "requestId", g.person_id AS "personId", g.team, g.database, g.db_user AS "user",
  g.reason, g.emergency, g.starts_at AS "startsAt", g.ends_at AS "endsAt", g.ended_at AS "endedAt", g.ended_by AS "endedBy",
  g.end_reason AS "endReason"`

/** What the store answers with, in the words of the core. */
export const REQUEST_COLUMNS = `r.id, r.person_id AS "personId", r.team, r.database, r.db_user AS "user", r.seconds, r.reason,
  r.emergency, r.starts_at AS "startsAt", r.state, r.created_at AS "createdAt", r.lapses_at AS "lapsesAt", r.closed_at AS "closedAt"`

const person = (alias: string) =>
  `jsonb_build_object('id', ${alias}.id, 'issuer', ${alias}.issuer, 'subject', ${alias}.subject, 'name', ${alias}.name,
    'email', ${alias}.email, 'groups', ${alias}.groups)`

/** A request `r` with its asker `p`, and the decisions about it with everybody's newest groups. */
export const FILE_COLUMNS = `${REQUEST_COLUMNS}, ${person('p')} AS asker,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('by', ${person('q')}, 'verdict', d.verdict, 'comment', d.comment,
            'terms', d.terms, 'at', d.at) ORDER BY d.at, d.id), '[]')
     FROM request_decision d JOIN person q ON q.id = d.person_id WHERE d.request_id = r.id) AS decisions,
  (SELECT jsonb_build_object('by', coalesce(q.name, q.email, '…' || right(q.subject, 8)), 'reason', r.close_reason)
     FROM person q WHERE q.id = r.closed_by) AS cancelled`

export type FileRow = RequestFile['request'] & {
  asker: Person
  decisions: (Omit<Decision, 'at'> & { at: string })[]
  cancelled: RequestFile['cancelled']
}

/** JSON inside a row has its times as text. */
export function fileOf({ asker, decisions, cancelled, ...request }: FileRow): RequestFile {
  return {
    request,
    asker,
    cancelled,
    decisions: decisions.map((decision) => ({ ...decision, at: new Date(decision.at) })),
  }
}
