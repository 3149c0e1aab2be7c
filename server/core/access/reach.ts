import type { AccessRule, Catalog } from '../catalog/catalog.ts'
import { becauseOf, rulesOfDatabase, rulesOfTeam, teamsOf } from '../catalog/rule-lookup.ts'
import { isAdministrator, mayReadAudit, rulesToApprove } from './policy.ts'

/** What somebody with some groups may do. */
export type Reach = {
  teams: { name: string; because: string[] }[]
  /** What they may ask for, and through which groups. */
  rules: { rule: AccessRule; because: string[] }[]
  /** What they decide about, when others ask for it. */
  approves: { rule: AccessRule; because: string[] }[]
  /** The groups that make them so; empty where they are not. */
  administrator: string[]
  /** May read the audit log without being an administrator. */
  auditor: string[]
  /** Groups that the catalog does not name: they give nothing. */
  idle: string[]
}

/** What follows from these groups, whoever has them: by the functions that the mint and the routes ask. */
export function reachOf(catalog: Catalog, groups: readonly string[]): Reach {
  const teams = teamsOf(catalog, groups)
  const administrator = isAdministrator(catalog, groups) ? becauseOf(catalog.admins, groups) : []
  const auditor = mayReadAudit(catalog, groups) ? becauseOf(catalog.auditors, groups) : []
  const approves = rulesToApprove(catalog, groups).map(({ terms: _, ...rule }) => ({
    rule,
    because: becauseOf(rule.approval?.groups ?? [], groups),
  }))
  const used = new Set([
    ...administrator,
    ...auditor,
    ...teams.flatMap(({ because }) => because),
    ...approves.flatMap(({ because }) => because),
  ])
  return {
    teams,
    rules: teams.flatMap(({ name, because }) =>
      rulesOfTeam(catalog, name).map((rule) => ({ rule, because })),
    ),
    approves,
    administrator,
    auditor,
    idle: [...new Set(groups)].filter((group) => !used.has(group)),
  }
}

/** One rule of a database, and the groups whose people may ask for it, whether anybody known is in them or not. */
export type Way = { rule: AccessRule; groups: { name: string; people: number }[] }

/** Every way into a database. `held`: how many known people hold each group. */
export function waysInto(
  catalog: Catalog,
  database: string,
  held: ReadonlyMap<string, number>,
): Way[] {
  return rulesOfDatabase(catalog, database).map((rule) => ({
    rule,
    groups: (catalog.teams.get(rule.team)?.groups ?? []).map((name) => ({
      name,
      people: held.get(name) ?? 0,
    })),
  }))
}

/** How many people hold each group. */
export function holders(people: readonly { groups: readonly string[] }[]): Map<string, number> {
  const held = new Map<string, number>()
  for (const { groups } of people)
    for (const group of new Set(groups)) held.set(group, (held.get(group) ?? 0) + 1)
  return held
}
