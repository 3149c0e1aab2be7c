import type { AccessRule, Catalog } from '../catalog/catalog.ts'
import { findRule, hasGroup } from '../catalog/rule-lookup.ts'
import { type Grant, isActive } from './grant.ts'

/** Whoever acts: their groups are all that rights follow from. */
type Groups = readonly string[]

export const isMember = (catalog: Catalog, team: string, groups: Groups) =>
  hasGroup(groups, catalog.teams.get(team)?.groups ?? [])

export const isAdministrator = (catalog: Catalog, groups: Groups) =>
  hasGroup(groups, catalog.admins)

/** Auditors read the audit log and nothing else; administrators read it too. */
export const mayReadAudit = (catalog: Catalog, groups: Groups) =>
  hasGroup(groups, catalog.auditors) || isAdministrator(catalog, groups)

/** The rule, if this person may ask for it. Absent and forbidden are the same answer. */
export function ruleToAsk(
  catalog: Catalog,
  groups: Groups,
  { team, database, user }: Pick<AccessRule, 'team' | 'database' | 'user'>,
): AccessRule | undefined {
  return isMember(catalog, team, groups) ? findRule(catalog, team, database, user) : undefined
}

export const mayEnd = (personId: string, grant: Pick<Grant, 'personId'>) =>
  grant.personId === personId

export type Standing = {
  state: 'active' | 'ended'
  /** Whether a token would be given now. */
  usable: boolean
  /** Why an active grant gives no token, as a stable code. */
  blocked: 'team_left' | 'rule_gone' | null
}

/** What a grant is worth at `now`, under the catalog in force and the groups of the session. Asked at every mint. */
export function standingOf(grant: Grant, now: Date, catalog: Catalog, groups: Groups): Standing {
  const active = isActive(grant, now)
  const blocked = !active
    ? null
    : !findRule(catalog, grant.team, grant.database, grant.user)
      ? 'rule_gone'
      : !isMember(catalog, grant.team, groups)
        ? 'team_left'
        : null
  return { state: active ? 'active' : 'ended', usable: active && blocked === null, blocked }
}

export const WHY_BLOCKED = {
  team_left: 'You are no longer in the team that this access came from.',
  rule_gone: 'The access rule was taken out of the catalog.',
} satisfies Record<NonNullable<Standing['blocked']>, string>
