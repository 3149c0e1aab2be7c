import type { AccessRule, Team } from './catalog.ts'
import type { ReadRule } from './access-rule.ts'
import type { Databases, Declared } from './database.ts'
import { userFault } from './database-user.ts'
import { durationText } from './duration.ts'
import { all } from './group.ts'
import type { Reader } from './reader.ts'
import { partsOfRole } from './role-arn.ts'
import type { Items } from './shape-list.ts'
import type { At } from './spot.ts'
import type { Teams } from './team.ts'
import { quote } from './visible.ts'

/** What the rules refer to; undefined where that part of the file could not be read. */
export type Known = { teams: Teams | undefined; databases: Databases | undefined }

/** One rule per team × database × database user; undefined where something is wrong with one. */
export function checkAccess(
  reader: Reader,
  rules: Items<ReadRule>,
  known: Known,
): AccessRule[] | undefined {
  const lines = new Map<string, number>()
  const checked = rules.flatMap((rule) => (rule ? expand(reader, rule, known, lines) : [undefined]))
  return checked.every((one) => one !== undefined) ? checked : undefined
}

/** A rule that names three databases is three. */
function expand(
  reader: Reader,
  { value: rule }: At<ReadRule>,
  known: Known,
  lines: Map<string, number>,
): (AccessRule | undefined)[] {
  const terms = checkTerms(reader, rule)
  const team = find(reader, 'team', rule.team, known.teams)
  const databases = rule.databases?.value ?? [undefined]
  return databases.map((at) => {
    const database = find(reader, 'database', at, known.databases)
    checkTwice(reader, rule, at, lines)
    const fits = at && database && checkFit(reader, at, team, database, rule.user)
    if (!fits || !team || !terms || !rule.user) return undefined
    return { team: team.name, database: database.name, user: rule.user.value, ...terms }
  })
}

/** Seconds that a request waits for its approvers, unless the rule says otherwise. */
const WITHIN = 86_400

type Terms = Omit<AccessRule, 'team' | 'database' | 'user'>

function checkTerms(reader: Reader, rule: ReadRule): Terms | undefined {
  const duration = rule.duration?.value
  const approvers = all(rule.approval?.value.groups?.value)
  const approval = rule.approval
    ? approvers && {
        groups: approvers,
        count: rule.approval.value.count?.value ?? 1,
        within: rule.approval.value.within?.value ?? WITHIN,
      }
    : null
  const quick = rule.emergency?.value.duration
  if (rule.emergency && !rule.approval)
    return reader.tell(
      rule.emergency.spot,
      'has nothing to go around: this rule opens at once anyway',
      'take it out, or add approval: { groups: […], count: 1 }',
    )
  if (quick && duration !== undefined && quick.value > duration)
    return reader.tell(
      quick.spot,
      `${durationText(quick.value)} is longer than the rule allows`,
      `write at most ${durationText(duration)}, the duration of the rule`,
    )
  if (rule.reasonPattern && rule.reason?.value === 'optional')
    return reader.tell(
      rule.reason.spot,
      'is optional, but there is a pattern that it has to match',
      'write required, or take reasonPattern out',
    )
  if (duration === undefined || approval === undefined) return undefined
  if (rule.emergency && !quick) return undefined
  const emergency = quick ? { duration: quick.value } : null
  const reasonPattern = rule.reasonPattern?.value ?? null
  // A pattern that nobody has to match would be forgotten.
  const reason = reasonPattern === null ? (rule.reason?.value ?? 'optional') : 'required'
  return { duration, reason, reasonPattern, approval, emergency }
}

/** What a name refers to. Something that is declared but wrong has had its problem told where it stands. */
function find<T>(
  reader: Reader,
  what: 'team' | 'database',
  at: At<string> | undefined,
  known: ReadonlyMap<string, T | undefined> | undefined,
): T | undefined {
  if (!at || !known) return undefined
  if (!known.has(at.value))
    return reader.tell(
      at.spot,
      `there is no ${what} ${quote(at.value)}`,
      reader.suggest(at.value, known.keys(), `write a name that stands under ${what}s:`),
    )
  return known.get(at.value)
}

/** Two rules for the same door could disagree about its terms. */
function checkTwice(
  reader: Reader,
  { team, user }: ReadRule,
  at: At<string> | undefined,
  lines: Map<string, number>,
): void {
  if (!team || !user || !at) return
  const key = JSON.stringify([team.value, at.value, user.value])
  const before = lines.get(key)
  if (before === undefined) lines.set(key, reader.line(at.spot))
  else
    reader.tell(
      at.spot,
      `${quote(team.value)} has a rule for ${quote(user.value)} on ${quote(at.value)} already, on line ${before}`,
      'take one of them out',
    )
}

/** The team can get into the account, and the user can be one of that engine. */
function checkFit(
  reader: Reader,
  at: At<string>,
  team: Team | undefined,
  database: Declared,
  user: At<string> | undefined,
): boolean {
  const { account, partition, engine, name } = database
  // Without an engine RDS has to say first whose names are meant.
  const wrongUser = user && engine && userFault(user.value, engine)
  if (user && wrongUser) reader.tell(user.spot, ...wrongUser)
  if (!team) return false

  const role = team.roles.find((one) => one.account === account)
  if (!role)
    return !!reader.tell(
      at.spot,
      `the team ${quote(team.name)} has no role in account ${account}, where ${quote(name)} is`,
      `add a role of account ${account} under teams.${team.name}.roles`,
    )
  if (partsOfRole(role.arn)?.partition !== partition)
    return !!reader.tell(
      at.spot,
      `the role ${role.arn} is in another partition than ${quote(name)}, which is in ${partition}`,
      `write its ARN as arn:${partition}:iam::…, or mend the region of ${quote(name)}`,
    )
  return !wrongUser
}
