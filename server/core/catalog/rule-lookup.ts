import type { AccessRule, Catalog, TeamRole } from './catalog.ts'

type Index = {
  byKey: Map<string, AccessRule>
  byTeam: Map<string, AccessRule[]>
  byDatabase: Map<string, AccessRule[]>
}

/** A catalog never changes, so each is indexed once. */
const indexes = new WeakMap<Catalog, Index>()

// A line end is in no name, and no user of a catalog has one.
const keyOf = (team: string, database: string, user: string) => `${team}\n${database}\n${user}`

function indexOf(catalog: Catalog): Index {
  const known = indexes.get(catalog)
  if (known) return known
  const index: Index = { byKey: new Map(), byTeam: new Map(), byDatabase: new Map() }
  for (const rule of catalog.rules) {
    index.byKey.set(keyOf(rule.team, rule.database, rule.user), rule)
    add(index.byTeam, rule.team, rule)
    add(index.byDatabase, rule.database, rule)
  }
  indexes.set(catalog, index)
  return index
}

function add(map: Map<string, AccessRule[]>, name: string, rule: AccessRule) {
  const rules = map.get(name)
  if (rules) rules.push(rule)
  else map.set(name, [rule])
}

/** The one rule for this team, database and database user. Names are compared exactly, capitals included. */
export const findRule = (
  catalog: Catalog,
  team: string,
  database: string,
  user: string,
): AccessRule | undefined => indexOf(catalog).byKey.get(keyOf(team, database, user))

/** Which of these groups put somebody in the team, each once. */
export const becauseOf = (wanted: readonly string[], groups: readonly string[]): string[] =>
  [...new Set(groups)].filter((group) => wanted.includes(group))

/** The teams that these groups put somebody in, in the order of the catalog, each with the groups that did. */
export function teamsOf(
  catalog: Catalog,
  groups: readonly string[],
): { name: string; because: string[] }[] {
  return [...catalog.teams.values()].flatMap(({ name, groups: wanted }) => {
    const because = becauseOf(wanted, groups)
    return because.length > 0 ? [{ name, because }] : []
  })
}

/** What a team may ask for, in the order of the catalog. */
export const rulesOfTeam = (catalog: Catalog, team: string): readonly AccessRule[] =>
  indexOf(catalog).byTeam.get(team) ?? []

/** What leads into a database, in the order of the catalog. */
export const rulesOfDatabase = (catalog: Catalog, database: string): readonly AccessRule[] =>
  indexOf(catalog).byDatabase.get(database) ?? []

/** Every rule that these groups give, team by team. */
export function rulesOf(catalog: Catalog, groups: readonly string[]): AccessRule[] {
  return teamsOf(catalog, groups).flatMap(({ name }) => rulesOfTeam(catalog, name))
}

/** The role that a team assumes in an account. */
export const roleFor = (catalog: Catalog, team: string, account: string): TeamRole | undefined =>
  catalog.teams.get(team)?.roles.find((role) => role.account === account)

/** Whether one of the groups is among those wanted: exactly, capitals included. */
export const hasGroup = (groups: readonly string[], wanted: readonly string[]): boolean =>
  groups.some((group) => wanted.includes(group))
