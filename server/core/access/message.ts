import type { Catalog } from '../catalog/catalog.ts'
import type { AccessRequest, Person } from './request.ts'

export const TOPICS = [
  'request.waiting',
  'request.approved',
  'request.denied',
  'request.lapsed',
  'request.cancelled',
  'emergency.opened',
  'emergency.reviewed',
  'grant.revoked',
] as const
export type Topic = (typeof TOPICS)[number]

/**
 * What people are to be told. Never a token, never a link that decides: it leads to the page of the request, where
 * one signs in. User text is as it was typed: each medium escapes it for itself.
 */
export type Message = {
  topic: Topic
  requestId: string
  /** Everybody of these groups, and these people; but not `except`. */
  to: { groups: readonly string[]; people: readonly string[]; except: readonly string[] }
  text: MessageText
}

export type MessageText = {
  asker: string
  team: string
  database: string
  environment: string | null
  user: string
  seconds: number
  reason: string | null
  /** Who decided, revoked or reviewed, and what they said. */
  by: string | null
  comment: string | null
}

type Voice = Pick<Person, 'name' | 'email' | 'subject'>

/** How a person is called where there is room for one name. */
export const calledOf = ({ name, email, subject }: Voice): string =>
  name ?? email ?? `…${subject.slice(-8)}`

export function messageOf(
  catalog: Catalog,
  topic: Topic,
  request: Pick<AccessRequest, 'id' | 'team' | 'database' | 'user' | 'seconds' | 'reason'>,
  asker: Voice,
  to: Partial<Message['to']>,
  said: { by?: Voice; comment?: string | null } = {},
): Message {
  const { team, database, user, seconds, reason } = request
  return {
    topic,
    requestId: request.id,
    to: { groups: [], people: [], except: [], ...to },
    text: {
      asker: calledOf(asker),
      team,
      database,
      environment: catalog.databases.get(database)?.environment ?? null,
      user,
      seconds,
      reason,
      by: said.by ? calledOf(said.by) : null,
      comment: said.comment ?? null,
    },
  }
}
