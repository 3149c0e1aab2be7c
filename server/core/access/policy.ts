import { createHash } from 'node:crypto'
import type { AccessRule, Catalog } from '../catalog/catalog.ts'
import { findRule, hasGroup, roleFor } from '../catalog/rule-lookup.ts'
import { type Grant, isActive, isOpen } from './grant.ts'
import type { RequestFile } from './request.ts'

/** Whoever acts: their groups are all that rights follow from. */
type Groups = readonly string[]
type Who = { personId: string; groups: Groups }
type Owned = { personId: string }
type RuleKey = Pick<AccessRule, 'team' | 'database' | 'user'>

const digest = (terms: unknown) =>
  createHash('sha256').update(JSON.stringify(terms)).digest('base64url').slice(0, 22)

export const isMember = (catalog: Catalog, team: string, groups: Groups) =>
  hasGroup(groups, catalog.teams.get(team)?.groups ?? [])

/** Where a slip costs most, one has to type the name of the database. */
export const isProduction = (environment: string | null | undefined) =>
  /^prod/i.test(environment ?? '')

export const isAdministrator = (catalog: Catalog, groups: Groups) =>
  hasGroup(groups, catalog.admins)

/** Auditors read the audit log and nothing else; administrators read it too. */
export const mayReadAudit = (catalog: Catalog, groups: Groups) =>
  hasGroup(groups, catalog.auditors) || isAdministrator(catalog, groups)

/** The rule, if this person may ask for it. Absent and forbidden are the same answer. */
export function ruleToAsk(
  catalog: Catalog,
  groups: Groups,
  { team, database, user }: RuleKey,
): AccessRule | undefined {
  return isMember(catalog, team, groups) ? findRule(catalog, team, database, user) : undefined
}

/** What the asker may have asked for, now: their newest groups and the catalog in force give the rule, and it is as long. */
export function stillAllowed(catalog: Catalog, { request, asker }: RequestFile): boolean {
  const rule = ruleToAsk(catalog, asker.groups, request)
  return rule !== undefined && request.seconds <= rule.duration
}

const ruleOf = (catalog: Catalog, { team, database, user }: RuleKey) =>
  findRule(catalog, team, database, user)

/** Whether these groups make somebody an approver of the rule that this is about. */
const isApprover = (catalog: Catalog, about: RuleKey, groups: Groups) =>
  hasGroup(groups, ruleOf(catalog, about)?.approval?.groups ?? [])

/** The rules that somebody with these groups decides about, with their terms. */
export const rulesToApprove = (catalog: Catalog, groups: Groups) =>
  catalog.rules
    .filter((rule) => hasGroup(groups, rule.approval?.groups ?? []))
    .map((rule) => ({ ...rule, terms: termsOf(catalog, rule) }))

/** The asker, those who decide, and administrators. To all others it does not exist. */
export const maySee = (catalog: Catalog, actor: Who, about: Owned & RuleKey) =>
  actor.personId === about.personId ||
  isApprover(catalog, about, actor.groups) ||
  isAdministrator(catalog, actor.groups)

/** Why this person may not decide; null where they may. Nobody decides for themselves, whatever else they are. */
export function whyNotDecide(
  catalog: Catalog,
  actor: Who,
  request: Owned & RuleKey,
): 'own_request' | 'not_approver' | null {
  if (actor.personId === request.personId) return 'own_request'
  return isApprover(catalog, request, actor.groups) ? null : 'not_approver'
}

/** Holders end what is theirs; approvers of the rule and administrators revoke what is not. */
export const mayEnd = (actor: Pick<Who, 'personId'>, grant: Owned) =>
  actor.personId === grant.personId
export const mayRevoke = (catalog: Catalog, actor: Who, grant: Owned & RuleKey) =>
  !mayEnd(actor, grant) && maySee(catalog, actor, grant)

/** An emergency is reviewed by whoever would have decided, or by an administrator; never by its holder. */
export const mayReview = mayRevoke

/**
 * What an approver agrees to, as a short text that changes when it does: the request itself never changes, so this
 * is the rule. An approval counts only for the terms that its approver saw.
 */
export function termsOf(catalog: Catalog, request: RuleKey): string {
  const rule = ruleOf(catalog, request)
  const database = catalog.databases.get(request.database)
  if (!rule?.approval || !database) return 'none'
  const { duration, approval } = rule
  // A rule belongs to one catalog, so what it was once found to be it stays.
  const known = digests.get(rule)
  if (known !== undefined) return known
  const terms = digest([
    duration,
    [...approval.groups].sort(),
    approval.count,
    database.account,
    database.resource,
    database.environment,
    roleFor(catalog, request.team, database.account)?.arn,
  ])
  digests.set(rule, terms)
  return terms
}

const digests = new WeakMap<AccessRule, string>()

/** Whose approvals count now: of these terms, by people who may still decide, each once. */
export function approversOf(catalog: Catalog, { request, decisions }: RequestFile): string[] {
  const terms = termsOf(catalog, request)
  const counted = decisions.filter(
    ({ by, verdict, terms: seen }) =>
      verdict === 'approve' &&
      seen === terms &&
      whyNotDecide(catalog, { personId: by.id, groups: by.groups }, request) === null,
  )
  return [...new Set(counted.map(({ by }) => by.id))]
}

export const approvalsNeeded = (catalog: Catalog, request: RuleKey) =>
  ruleOf(catalog, request)?.approval?.count ?? null

export type Standing = {
  state: 'scheduled' | 'active' | 'ended'
  /** Whether a token would be given now. */
  usable: boolean
  /** Why a grant that has not ended gives no token, as a stable code. */
  blocked: 'team_left' | 'rule_gone' | null
}

/** What a grant is worth at `now`, under the catalog in force and the groups of the session. Asked at every mint. */
export function standingOf(grant: Grant, now: Date, catalog: Catalog, groups: Groups): Standing {
  if (!isOpen(grant, now)) return { state: 'ended', usable: false, blocked: null }
  const state = isActive(grant, now) ? 'active' : 'scheduled'
  const blocked = !ruleOf(catalog, grant)
    ? 'rule_gone'
    : !isMember(catalog, grant.team, groups)
      ? 'team_left'
      : null
  return { state, usable: state === 'active' && blocked === null, blocked }
}

export const WHY_BLOCKED = {
  team_left: 'You are no longer in the team that this access came from.',
  rule_gone: 'The access rule was taken out of the catalog.',
} satisfies Record<NonNullable<Standing['blocked']>, string>
