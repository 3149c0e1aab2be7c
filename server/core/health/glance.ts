import type { Database } from '../catalog/catalog.ts'
import { type Finding, firstFailing, type Step, type StepId, STEPS } from './finding.ts'
import { endsTheWay } from './step.ts'

/** `cannot`: nothing failed, but not all could be run from here. */
export type Outcome = 'ok' | 'warning' | 'failed' | 'cannot'

/** What the steps of a check come to. Steps that went well, or were not run, may be left out. */
export function outcomeOf(steps: readonly Step[]): Outcome {
  if (steps.some(({ state }) => state === 'failed')) return 'failed'
  if (steps.some(({ id, state }) => state === 'cannot' && endsTheWay(id))) return 'cannot'
  return steps.some(({ state }) => state === 'warning') ? 'warning' : 'ok'
}

/** A database at a glance: the worst of its checks, and when the newest was. */
export type Glance = {
  database: string
  outcome: Outcome | 'unchecked'
  /** The earliest step that failed in any of its checks, as one of them found it. */
  failing: Step | null
  /** Of how many checks, and in how many the outcome is that of the database. */
  checks: number
  alike: number
  newest: Date | null
}

const WORST: readonly Outcome[] = ['failed', 'cannot', 'warning', 'ok']

/** @param findings of any database; steps that went well may be left out */
export function glanceAt({ name }: Pick<Database, 'name'>, findings: readonly Finding[]): Glance {
  const own = findings.filter(({ database }) => database === name)
  const outcomes = own.map(({ steps }) => outcomeOf(steps))
  const outcome = WORST.find((each) => outcomes.includes(each)) ?? 'unchecked'
  const failing = own.flatMap((finding) => firstFailing(finding) ?? [])
  return {
    database: name,
    outcome,
    failing: failing.toSorted((a, b) => rank(a.id) - rank(b.id))[0] ?? null,
    checks: own.length,
    alike: outcomes.filter((each) => each === outcome).length,
    newest: own.length === 0 ? null : new Date(Math.max(...own.map(({ at }) => at.getTime()))),
  }
}

const rank = (id: StepId) => STEPS.indexOf(id)
