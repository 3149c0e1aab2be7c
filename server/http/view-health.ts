import type { HealthOfDatabase, HealthOverview } from '../contract/health.ts'
import type { Database } from '../core/catalog/catalog.ts'
import type { Finding } from '../core/health/finding.ts'
import { glanceAt, outcomeOf } from '../core/health/glance.ts'

type Overview = {
  databases: Iterable<Database>
  troubles: readonly Finding[]
  running: readonly string[]
  now: Date
}

export const viewOverview = ({ databases, troubles, running, now }: Overview): HealthOverview => ({
  databases: [...databases].map((database) => {
    const { outcome, failing, checks, alike, newest } = glanceAt(database, troubles)
    return {
      database: database.name,
      environment: database.environment,
      outcome,
      failing,
      checks,
      alike,
      newest: newest?.toISOString() ?? null,
      running: running.includes(database.name),
    }
  }),
  now: now.toISOString(),
})

type OfDatabase = { name: string; findings: readonly Finding[]; running: boolean; now: Date }

export const viewFindings = ({ name, findings, running, now }: OfDatabase): HealthOfDatabase => ({
  database: name,
  running,
  findings: findings.map(({ team, user, endpoint, at, steps }) => ({
    team,
    user,
    endpoint,
    at: at.toISOString(),
    outcome: outcomeOf(steps),
    steps: steps.map(({ id, state, evidence, mend, code }) => ({
      id,
      state,
      evidence,
      mend,
      code,
    })),
  })),
  now: now.toISOString(),
})
