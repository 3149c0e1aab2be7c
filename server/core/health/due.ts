import { type Catalog, isMySql } from '../catalog/catalog.ts'
import { type Finding, firstFailing, type StepId } from './finding.ts'
import type { Target } from './ports.ts'

/** Every endpoint as every team and database user that has a rule on its database; by itself where none has. */
export const targetsOf = ({ databases, rules }: Catalog): Target[] =>
  [...databases.values()].flatMap((database) => {
    const own = rules.filter((rule) => rule.database === database.name)
    return database.endpoints.flatMap((endpoint): Target[] =>
      own.length === 0
        ? [{ database, endpoint, rule: null }]
        : own.map(({ team, user }) => ({ database, endpoint, rule: { team, user } })),
    )
  })

export const targetKey = (of: Pick<Finding, 'database' | 'endpoint' | 'team' | 'user'>) =>
  [of.database, of.endpoint, of.team ?? '', of.user ?? ''].join('\n')

export const keyOf = ({ database, endpoint, rule }: Target) =>
  targetKey({
    database: database.name,
    endpoint: endpoint.name,
    team: rule?.team ?? null,
    user: rule?.user ?? null,
  })

/** Milliseconds. One spoilt connection a day is far from the hundred in a row that block an address. */
const REST = 86_400_000

/**
 * What a round checks of each database: what was never checked, what failed last, and of the others the one whose check
 * is the oldest. So each database is tried in every round, and the log gets a few records of it, not one for each user.
 */
export function dueTargets(
  targets: readonly Target[],
  known: ReadonlyMap<string, Finding>,
  now: Date,
): Map<string, Target[]> {
  const due = new Map<string, Target[]>()
  const oldest = new Map<string, { target: Target; at: Date }>()
  for (const target of targets) {
    const { name, engine } = target.database
    const last = known.get(keyOf(target))
    if (last && isMySql(engine) && spoilt(last) && now.getTime() - last.at.getTime() < REST)
      continue
    if (!last || firstFailing(last)) due.set(name, [...(due.get(name) ?? []), target])
    else if (!oldest.has(name) || last.at < oldest.get(name)!.at)
      oldest.set(name, { target, at: last.at })
  }
  for (const [name, { target }] of oldest) due.set(name, [...(due.get(name) ?? []), target])
  return due
}

/** Whether the server saw a connection that ended before a log-in. Its own answers have numbers. */
const spoilt = ({ steps }: Finding) =>
  steps.some(
    ({ id, state, code }) =>
      state === 'failed' && (SPOILS.has(id) || (id === 'login' && !/^\d+$/.test(code ?? ''))),
  )
const SPOILS = new Set<StepId>(['tls', 'ca'])
