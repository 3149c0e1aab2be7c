import type { AccessRule, Catalog, Team } from '../catalog/catalog.ts'
import { rulesOfTeam } from '../catalog/rule-lookup.ts'
import type { KnownPerson } from './known-person.ts'
import { isMember } from './policy.ts'

/** What is looked for: all of it must hold. Without any of it, everything is found. */
export type MapFilter = {
  /** A person's id. */
  person?: string | undefined
  team?: string | undefined
  /** An SSO group through which it is. */
  group?: string | undefined
  database?: string | undefined
  user?: string | undefined
  /** A part of the name, e-mail or subject of the person, or of the name of team, database or database user. */
  text?: string | undefined
}

/** Those that all else holds for, and among them those that have the text in their own names: a row needs it on one side. */
type Searched<T> = { all: readonly T[]; found: readonly T[] }

/** A team, with its rules and its members as far as they are looked for. */
export type Lane = {
  team: Team
  /** Among the teams of the catalog. */
  place: number
  rules: Searched<AccessRule>
  members: Searched<KnownPerson>
}
export type Lanes = ReadonlyMap<string, Lane>

/** Somebody who is looked for, with the lanes of their teams in the order of the catalog. */
export type Member = { person: KnownPerson; found: boolean; lanes: Lane[] }

type Open = Omit<Lane, 'members'> & { members: { all: KnownPerson[]; found: KnownPerson[] } }

/** Who is in which team, by `isMember`; and what each team may ask for. Both as far as the filter lets them. */
export function openLanes(
  catalog: Catalog,
  people: readonly KnownPerson[],
  filter: MapFilter,
): { lanes: Lanes; members: Member[] } {
  const { person: id, group, text } = filter
  const lanes = teamsFor(catalog, filter)
  const ofGroup = lanesByGroup(lanes.values())
  const members = people
    .filter((person) => is(id, person.id) && (group === undefined || person.groups.includes(group)))
    .map((person): Member => {
      const found = isIn(text, person.name, person.email, person.subject)
      // The index says which teams come into question; who is in one is said by the rule.
      const near = new Set(person.groups.flatMap((name) => ofGroup.get(name) ?? []))
      const mine = [...near].filter(({ team }) => isMember(catalog, team.name, person.groups))
      for (const { members } of mine) {
        members.all.push(person)
        if (found) members.found.push(person)
      }
      return { person, found, lanes: mine.sort((a, b) => a.place - b.place) }
    })
  return { lanes, members }
}

/** Whether the text is in one of the names. Capitals do not count: it is a search, not a right. */
export function isIn(text: string | undefined, ...names: readonly (string | null)[]): boolean {
  if (text === undefined) return true
  const wanted = text.toLowerCase()
  return names.some((name) => name?.toLowerCase().includes(wanted))
}

export const isInRule = (text: string | undefined, { team, database, user }: AccessRule) =>
  isIn(text, team, database, user)

const is = (wanted: string | undefined, name: string) => wanted === undefined || wanted === name

function teamsFor(catalog: Catalog, filter: MapFilter): Map<string, Open> {
  const { team: wanted, group, database, user, text } = filter
  const lanes = [...catalog.teams.values()]
    .filter((team) => is(wanted, team.name) && (!group || team.groups.includes(group)))
    .map((team, place): Open => {
      const all = rulesOfTeam(catalog, team.name).filter(
        // A database that is not known opens nothing, whatever the rules say.
        (rule) =>
          is(database, rule.database) &&
          is(user, rule.user) &&
          catalog.databases.has(rule.database),
      )
      const found = text === undefined ? all : all.filter((rule) => isInRule(text, rule))
      return { team, place, rules: { all, found }, members: { all: [], found: [] } }
    })
  return new Map(lanes.map((lane) => [lane.team.name, lane]))
}

function lanesByGroup(lanes: Iterable<Open>): Map<string, Open[]> {
  const found = new Map<string, Open[]>()
  for (const lane of lanes)
    for (const group of lane.team.groups) {
      const known = found.get(group)
      if (known) known.push(lane)
      else found.set(group, [lane])
    }
  return found
}
