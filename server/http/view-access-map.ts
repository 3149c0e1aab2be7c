import type {
  MapChoices,
  MapPage,
  MapPerson,
  MapRight,
  Preview,
  Reach,
  Terms,
} from '../contract/access-map.ts'
import { isSame } from '../core/access/compare-catalogs.ts'
import { comparisonText } from '../core/access/comparison-text.ts'
import type { KnownPerson } from '../core/access/known-person.ts'
import type { Preview as Previewed } from '../core/access/preview-catalog.ts'
import type { Reach as Reached } from '../core/access/reach.ts'
import type { MapPage as Shown } from '../core/access/show-map.ts'
import type { AccessRule, Catalog } from '../core/catalog/catalog.ts'
import { viewPerson } from './view-request.ts'

/** What one answer lists at most: a page that has more of it is read by nobody. */
const MOST = 500

export function viewMap(start: number, shown: Shown): MapPage {
  const { now, catalog, counts, rows, next, person, ways } = shown
  return {
    now: now.toISOString(),
    catalog: catalog.sha256,
    counts: { ...counts },
    rows: rows.map(({ person, rule, because }) => ({
      person: viewMapPerson(person),
      ...viewRight(catalog, rule, because),
    })),
    from: start,
    next,
    person: person && {
      person: viewMapPerson(person.person),
      reach: viewReach(catalog, person.person.groups, person.reach),
    },
    ways:
      ways?.map(({ rule, groups }) => ({
        ...viewKey(catalog, rule),
        terms: viewTerms(rule),
        groups: groups.map(({ name, people }) => ({ name, people })),
      })) ?? null,
  }
}

export const viewReach = (catalog: Catalog, groups: readonly string[], reach: Reached): Reach => ({
  groups: [...groups],
  teams: reach.teams.map(({ name, because }) => ({ name, because })),
  rules: reach.rules.slice(0, MOST).map(({ rule, because }) => viewRight(catalog, rule, because)),
  ruleCount: reach.rules.length,
  approves: reach.approves
    .slice(0, MOST)
    .map(({ rule, because }) => viewRight(catalog, rule, because)),
  approveCount: reach.approves.length,
  administrator: reach.administrator,
  auditor: reach.auditor,
  idle: reach.idle,
})

export function viewChoices({ teams, databases, rules, admins, auditors }: Catalog): MapChoices {
  const groups = new Set([...teams.values()].flatMap((team) => team.groups))
  const others = [
    ...admins,
    ...auditors,
    ...rules.flatMap(({ approval }) => approval?.groups ?? []),
  ].filter((group) => !groups.has(group))
  return {
    teams: [...teams.keys()].sort(),
    databases: [...databases.keys()].sort(),
    users: [...new Set(rules.map(({ user }) => user))].sort(),
    groups: [...groups].sort(),
    others: [...new Set(others)].sort(),
  }
}

export function viewPreview(preview: Previewed): Preview {
  const now = preview.now.toISOString()
  if ('problems' in preview) {
    const problems = preview.problems.map(({ line, column, path, message, mend }) => ({
      ...{ line, column, path, message, mend },
    }))
    return { now, problems, change: null }
  }
  const { from, to, comparison, people } = preview
  const { gains, losses, terms, approvers, administrators, auditors, roles } = comparison
  return {
    now,
    problems: [],
    change: {
      from: from.sha256,
      to: to.sha256,
      same: isSame(comparison),
      counts: {
        gains: gains.length,
        losses: losses.length,
        terms: terms.length,
        people: people.length,
      },
      gains: gains.slice(0, MOST).map(viewRightChange),
      losses: losses.slice(0, MOST).map(viewRightChange),
      terms: terms.slice(0, MOST),
      approvers: cut(approvers),
      administrators: cut(administrators),
      auditors: cut(auditors),
      roles: roles.slice(0, MOST),
      people: people
        .slice(0, MOST)
        .map(({ person, ...effect }) => ({ person: viewMapPerson(person), ...effect })),
      text: comparisonText(comparison),
    },
  }
}

const cut = <T>({ gains, losses }: { gains: T[]; losses: T[] }) => ({
  gains: gains.slice(0, MOST),
  losses: losses.slice(0, MOST),
})

type Change = Extract<Previewed, { comparison: unknown }>['comparison']['gains'][number]

const viewRightChange = ({ team, database, user, groups, terms, otherwise, replaced }: Change) => ({
  ...{ team, database, user, groups, otherwise, replaced },
  terms: viewTerms(terms),
})

const viewMapPerson = (person: KnownPerson): MapPerson => ({
  ...viewPerson(person),
  signedInAt: person.signedInAt?.toISOString() ?? null,
})

const viewKey = (catalog: Catalog, { team, database, user }: AccessRule) => ({
  team,
  database,
  environment: catalog.databases.get(database)?.environment ?? null,
  user,
})

const viewRight = (catalog: Catalog, rule: AccessRule, because: string[]): MapRight => ({
  ...viewKey(catalog, rule),
  terms: viewTerms(rule),
  because,
})

const viewTerms = (
  rule: Pick<AccessRule, 'duration' | 'reason' | 'reasonPattern' | 'approval' | 'emergency'>,
): Terms => ({
  longest: rule.duration,
  reason: rule.reason,
  reasonPattern: rule.reasonPattern,
  approval: rule.approval && {
    groups: [...rule.approval.groups],
    count: rule.approval.count,
    within: rule.approval.within,
  },
  emergency: rule.emergency && { longest: rule.emergency.duration },
})
