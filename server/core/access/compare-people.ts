import type { Catalog } from '../catalog/catalog.ts'
import { hasGroup } from '../catalog/rule-lookup.ts'
import { type Comparison, doorOf, type RightKey, waysOf } from './compare-catalogs.ts'
import type { KnownPerson } from './known-person.ts'
import { isAdministrator, mayReadAudit } from './policy.ts'

/** What a change of the catalog does to one person: database users that they could not ask for before, and cannot any more. */
export type Affected = {
  person: KnownPerson
  gains: number
  losses: number
  /** Database users that they go on to have through a rule whose terms are others. */
  terms: number
  administrator: 'gains' | 'loses' | null
  auditor: 'gains' | 'loses' | null
}

/**
 * The known people that a change touches, in the order given; what they keep through another team is neither gained nor lost.
 * Only what changed is looked at, and people with the same groups are judged once.
 */
export function affectedPeople(
  old: Catalog,
  next: Catalog,
  comparison: Comparison,
  people: readonly KnownPerson[],
): Affected[] {
  const effectOn = effects(old, next, comparison)
  const named = new Set([old, next].flatMap(namedIn))
  const judged = new Map<string, Effect>()
  return people.flatMap((person) => {
    const groups = person.groups.filter((group) => named.has(group)).sort()
    const key = JSON.stringify(groups)
    const effect = judged.get(key) ?? effectOn(groups)
    judged.set(key, effect)
    const { gains, losses, terms, administrator, auditor } = effect
    const touched = gains + losses + terms > 0 || administrator !== null || auditor !== null
    return touched ? [{ person, ...effect }] : []
  })
}

type Effect = Omit<Affected, 'person'>

const namedIn = ({ admins, auditors, teams }: Catalog) => [
  ...admins,
  ...auditors,
  ...[...teams.values()].flatMap(({ groups }) => groups),
]

function effects(old: Catalog, next: Catalog, { gains, losses, terms }: Comparison) {
  const before = { ways: waysOf(old), changed: doorsByGroup(old, losses) }
  const after = { ways: waysOf(next), changed: doorsByGroup(next, gains) }
  const onOtherTerms = doorsByGroup(next, terms)
  const doors = (changed: ReadonlyMap<string, string[]>, groups: readonly string[]) => [
    ...new Set(groups.flatMap((group) => changed.get(group) ?? [])),
  ]
  return (groups: readonly string[]): Effect => {
    /** Doors of one side that no team of the other side opens to them. */
    const only = (side: typeof before, other: typeof before) =>
      doors(side.changed, groups).filter(
        (door) => !other.ways.get(door)?.some((way) => hasGroup(groups, way.groups)),
      ).length
    return {
      gains: only(after, before),
      losses: only(before, after),
      terms: doors(onOtherTerms, groups).length,
      administrator: turn(isAdministrator(old, groups), isAdministrator(next, groups)),
      auditor: turn(mayReadAudit(old, groups), mayReadAudit(next, groups)),
    }
  }
}

function doorsByGroup(catalog: Catalog, changes: readonly (RightKey & { groups: string[] })[]) {
  const found = new Map<string, string[]>()
  for (const change of changes)
    for (const group of change.groups) {
      const doors = found.get(group)
      if (doors) doors.push(doorOf(catalog, change))
      else found.set(group, [doorOf(catalog, change)])
    }
  return found
}

const turn = (before: boolean, after: boolean) =>
  before === after ? null : after ? 'gains' : 'loses'
