import type { AccessRule, Catalog, Team } from '../catalog/catalog.ts'
import { becauseOf, rulesOfDatabase } from '../catalog/rule-lookup.ts'
import type { KnownPerson } from './known-person.ts'
import {
  isInRule,
  type Lane,
  type Lanes,
  type MapFilter,
  type Member,
  openLanes,
} from './map-lanes.ts'

/** Which side the rows are told from. */
export type MapSide = 'person' | 'database'

/** This person may ask for what the rule gives, because of these groups. */
export type MapRow = { person: KnownPerson; rule: AccessRule; because: string[] }

export type AccessMap = {
  rows: number
  /** Who may reach something, and what may be reached by somebody. */
  people: number
  databases: number
  /** The rows from one on, at most so many; all where it is not said. */
  from(start: number, limit?: number): Generator<MapRow>
}

/** Rows that follow one another, made when they are read. */
type Run = { count: number; row(index: number): MapRow }

/**
 * Who may ask for what, as the mint would judge it: membership is `isMember`, the rules are those of `rule-lookup.ts`.
 * The product of people and rules is never made. It is counted by team, and a page makes only its own rows.
 * @param people in the order they are shown in
 */
export function accessMap(
  catalog: Catalog,
  people: readonly KnownPerson[],
  filter: MapFilter = {},
  side: MapSide = 'person',
): AccessMap {
  const { lanes, members } = openLanes(catalog, people, filter)
  const reaching = members.filter((member) => runsOf(member).some(isFilled))
  const reached = [...catalog.databases.keys()].filter((name) =>
    runsInto(catalog, lanes, filter, name).some(isFilled),
  )
  function* runs(): Generator<Run> {
    if (side === 'person') for (const member of reaching) yield* runsOf(member)
    else for (const name of reached) yield* runsInto(catalog, lanes, filter, name)
  }
  return {
    rows: [...lanes.values()].reduce((sum, lane) => sum + rowsIn(lane), 0),
    people: reaching.length,
    databases: reached.length,
    from: (start, limit = Infinity) => rowsFrom(runs(), start, limit),
  }
}

const isFilled = ({ count }: Run) => count > 0

/** Each pair of a rule and a member, where the text is in one of the two. */
const rowsIn = ({ rules, members }: Lane) =>
  rules.found.length * members.all.length +
  (rules.all.length - rules.found.length) * members.found.length

/** Of one person, team by team as the catalog has them. */
const runsOf = ({ person, found, lanes }: Member): Run[] =>
  lanes.map(({ team, rules }) => {
    const mine = found ? rules.all : rules.found
    return { count: mine.length, row: (index) => rowOf(team, person, mine[index]!) }
  })

/** Of one database, rule by rule as the catalog has them. */
const runsInto = (
  catalog: Catalog,
  lanes: Lanes,
  { database, user, text }: MapFilter,
  name: string,
): Run[] =>
  database !== undefined && database !== name
    ? []
    : rulesOfDatabase(catalog, name).flatMap((rule) => {
        const lane = lanes.get(rule.team)
        if (!lane || (user !== undefined && user !== rule.user)) return []
        const people = isInRule(text, rule) ? lane.members.all : lane.members.found
        return {
          count: people.length,
          row: (index: number) => rowOf(lane.team, people[index]!, rule),
        }
      })

const rowOf = (team: Team, person: KnownPerson, rule: AccessRule): MapRow => ({
  person,
  rule,
  because: becauseOf(team.groups, person.groups),
})

function* rowsFrom(runs: Iterable<Run>, start: number, limit: number): Generator<MapRow> {
  let skip = start
  let left = limit
  for (const { count, row } of runs) {
    for (let index = skip; index < count; index++) {
      if (left <= 0) return
      left -= 1
      yield row(index)
    }
    skip = Math.max(0, skip - count)
  }
}
