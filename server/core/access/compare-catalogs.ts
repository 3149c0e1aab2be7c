import type { AccessRule, Catalog, WrittenCatalog } from '../catalog/catalog.ts'
import { findRule, roleFor } from '../catalog/rule-lookup.ts'
import { compareTerms, type TermChange, type Terms } from './compare-terms.ts'

export type RightKey = Pick<AccessRule, 'team' | 'database' | 'user'>

/** These groups can ask for it, and could not; or the other way round. */
export type RightChange = RightKey & {
  groups: string[]
  terms: Terms
  /** Teams through which the same groups reach the same database user before and after: it is not new, and not lost. */
  otherwise: string[]
  /** The database is another one under the same name: it is gone for them, and there anew. */
  replaced: boolean
}

/** These groups go on to have it, on other terms. */
export type TermsChange = RightKey & { groups: string[]; changes: TermChange[] }

/** Somebody with the group decides about the rule. */
export type ApproverChange = RightKey & { group: string }

/** The team goes on to reach the account, with another role. */
export type RoleChange = { team: string; account: string; from: string; to: string }

export type Gained<T> = { gains: T[]; losses: T[] }

export type Comparison = Gained<RightChange> & {
  terms: TermsChange[]
  approvers: Gained<ApproverChange>
  /** SSO groups. */
  administrators: Gained<string>
  auditors: Gained<string>
  roles: RoleChange[]
}

/**
 * Who gains and who loses when one catalog takes the place of another. What gives a right is an SSO group, so changes are
 * told by group; the order of anything, and how it is written, changes nothing.
 */
export function compareCatalogs(old: Catalog, next: Catalog): Comparison {
  const [inOld, inNext] = [waysOf(old), waysOf(next)]
  const result: Comparison = {
    gains: [],
    losses: [],
    terms: [],
    approvers: compareApprovers(old, next),
    administrators: compareLists(old.admins, next.admins),
    auditors: compareLists(old.auditors, next.auditors),
    roles: compareRoles(old, next),
  }
  for (const key of keysOf(old, next)) {
    const [before, after] = [holdersOf(old, key), holdersOf(next, key)]
    const replaced = before !== null && after !== null && before.door !== after.door
    const { gains, losses } = replaced
      ? { gains: sorted(after.groups), losses: sorted(before.groups) }
      : compareLists(before?.groups ?? [], after?.groups ?? [])
    if (after) result.gains.push(...changesOf(key, after, gains, replaced, inOld))
    if (before) result.losses.push(...changesOf(key, before, losses, replaced, inNext))
    if (!before || !after || replaced) continue
    const changes = compareTerms(before.rule, after.rule)
    const groups = sorted(before.groups.filter((group) => after.groups.includes(group)))
    if (changes.length > 0 && groups.length > 0) result.terms.push({ ...key, groups, changes })
  }
  return result
}

/** Whether nobody can do more or less than before. */
export const isSame = ({
  gains,
  losses,
  terms,
  approvers,
  administrators,
  auditors,
  roles,
}: Comparison): boolean =>
  [gains, losses, terms, roles].every((list) => list.length === 0) &&
  [approvers, administrators, auditors].every(
    (each) => each.gains.length === 0 && each.losses.length === 0,
  )

/**
 * Where a token leads: a database that was restored from a snapshot is another one, under the same name. One that follows
 * RDS is what it is called there: whether that is the one that another catalog writes out is not known without asking.
 */
export function doorOf(
  catalog: Catalog & Partial<Pick<WrittenCatalog, 'follows'>>,
  { database, user }: Pick<RightKey, 'database' | 'user'>,
): string {
  const followed = catalog.follows?.get(database)
  const { account, region, resource } = followed ?? catalog.databases.get(database) ?? {}
  return JSON.stringify([database, account, region, resource, followed?.reference, user])
}

/** The rule, where it leads, and the groups that it is for. */
type Holders = { rule: AccessRule; door: string; groups: readonly string[] }

function holdersOf(catalog: Catalog, key: RightKey): Holders | null {
  const rule = findRule(catalog, key.team, key.database, key.user)
  return (
    (rule && {
      rule,
      door: doorOf(catalog, key),
      groups: catalog.teams.get(key.team)?.groups ?? [],
    }) ??
    null
  )
}

/** Every team that reaches a door, with its groups. */
type Ways = Map<string, { team: string; groups: readonly string[] }[]>

export function waysOf(catalog: Catalog): Ways {
  const ways: Ways = new Map()
  for (const rule of catalog.rules) {
    const door = doorOf(catalog, rule)
    const way = { team: rule.team, groups: catalog.teams.get(rule.team)?.groups ?? [] }
    const known = ways.get(door)
    if (known) known.push(way)
    else ways.set(door, [way])
  }
  return ways
}

/** One change for all groups that have the same other ways on the other side. */
function changesOf(
  key: RightKey,
  { rule, door }: Holders,
  groups: readonly string[],
  replaced: boolean,
  ways: Ways,
): RightChange[] {
  const { duration, reason, reasonPattern, approval, emergency } = rule
  const terms = { duration, reason, reasonPattern, approval, emergency }
  const changes = new Map<string, RightChange>()
  for (const group of groups) {
    const others = (ways.get(door) ?? []).filter((way) => way.groups.includes(group))
    const otherwise = sorted(others.map(({ team }) => team))
    const change = changes.get(otherwise.join('\n'))
    if (change) change.groups.push(group)
    else changes.set(otherwise.join('\n'), { ...key, groups: [group], terms, otherwise, replaced })
  }
  return [...changes.values()]
}

function compareApprovers(old: Catalog, next: Catalog): Gained<ApproverChange> {
  const [before, after] = [approversOf(old), approversOf(next)]
  const missing = (from: typeof before, other: typeof before) =>
    [...from]
      .filter(([key]) => !other.has(key))
      .sort(byKey)
      .map(([, change]) => change)
  return { gains: missing(after, before), losses: missing(before, after) }
}

const approversOf = ({ rules }: Catalog) =>
  new Map(
    rules.flatMap((rule) =>
      (rule.approval?.groups ?? []).map((group): [string, ApproverChange] => {
        const { team, database, user } = rule
        return [[group, team, database, user].join('\n'), { group, team, database, user }]
      }),
    ),
  )

function compareRoles(old: Catalog, next: Catalog): RoleChange[] {
  return [...old.teams.values()]
    .flatMap(({ name, roles }) =>
      roles.flatMap(({ account, arn }) => {
        const to = roleFor(next, name, account)?.arn
        return to === undefined || to === arn ? [] : [{ team: name, account, from: arn, to }]
      }),
    )
    .sort((a, b) => compare(`${a.team} ${a.account}`, `${b.team} ${b.account}`))
}

/** Every rule of either, once, by name: the order in the files is no matter. */
function keysOf(...catalogs: Catalog[]): RightKey[] {
  const keys = new Map(
    catalogs
      .flatMap(({ rules }) => rules)
      .map(({ team, database, user }): [string, RightKey] => [
        [team, database, user].join('\n'),
        { team, database, user },
      ]),
  )
  return [...keys].sort(byKey).map(([, key]) => key)
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => compare(a, b)
const sorted = (names: readonly string[]) => [...new Set(names)].sort()

const compareLists = (from: readonly string[], to: readonly string[]): Gained<string> => ({
  gains: sorted(to.filter((one) => !from.includes(one))),
  losses: sorted(from.filter((one) => !to.includes(one))),
})
