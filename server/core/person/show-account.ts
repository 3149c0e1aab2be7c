import type { Actor } from '../actor.ts'
import type { Catalog } from '../catalog/catalog.ts'
import { teamsOf } from '../catalog/rule-lookup.ts'
import { notFound } from '../error.ts'
import type { SessionStore } from './ports.ts'

export type ShowAccount = ReturnType<typeof showAccount>

/** Settles every "why don't I see it": what one arrived with, and what it gave, and what it did not. */
export function showAccount(deps: {
  sessions: SessionStore
  catalog: () => Catalog
  groupsClaim: string
}) {
  return async (actor: Actor) => {
    const session = await deps.sessions.detail(actor.sessionId)
    if (!session) throw notFound()
    const catalog = deps.catalog()
    const groups = [...session.actor.groups]
    const teams = teamsOf(catalog, groups)
    const because = (wanted: readonly string[]) => groups.filter((group) => wanted.includes(group))
    const roles = [
      { name: 'administrator' as const, because: because(catalog.admins) },
      { name: 'auditor' as const, because: because(catalog.auditors) },
    ].filter((role) => role.because.length > 0)
    const used = new Set([...teams, ...roles].flatMap((gain) => gain.because))
    return {
      issuer: actor.issuer,
      subject: actor.subject,
      signedInAt: session.signedInAt,
      endsAt: session.endsAt,
      idleEndsAt: session.idleEndsAt,
      groups,
      groupsFrom: session.groupsFrom,
      groupsClaim: deps.groupsClaim,
      claims: session.claims,
      teams,
      roles,
      unusedGroups: groups.filter((group) => !used.has(group)),
    }
  }
}
