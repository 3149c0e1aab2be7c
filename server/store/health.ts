import type { Finding, Step } from '../core/health/finding.ts'
import type { HealthStore } from '../core/health/ports.ts'
import { guarded } from './failure.ts'
import { recordIn, type Store } from './store.ts'

/** What checks of the databases found. */
export const healthStore = (store: Store): HealthStore => ({
  recordIntent: (event) => store.record(event),

  findings: (database) =>
    guarded(async () => {
      const rows = await store.prisma.healthFinding.findMany({
        where: database === undefined ? {} : { database },
        orderBy: [{ database: 'asc' }, { endpoint: 'asc' }, { team: 'asc' }, { user: 'asc' }],
      })
      return rows.map(findingOf)
    }),

  troubles: () =>
    guarded(async () => {
      const rows = await store.prisma.$queryRaw<Row[]>`
        SELECT database, team, db_user AS "user", endpoint, at,
               jsonb_path_query_array(steps, '$[*] ? (@.state != "ok" && @.state != "skipped")') AS steps
          FROM health_finding`
      return rows.map(findingOf)
    }),

  keepFinding: ({ database, team, user, endpoint, steps }, event) =>
    store.transaction(async (tx) => {
      await tx.$executeRaw`
        INSERT INTO health_finding (database, team, db_user, endpoint, at, steps)
        VALUES (${database}, ${team ?? ''}, ${user ?? ''}, ${endpoint}, clock_timestamp(), ${JSON.stringify(steps)}::jsonb)
        ON CONFLICT (database, team, db_user, endpoint) DO UPDATE SET at = excluded.at, steps = excluded.steps`
      await recordIn(tx, event)
    }),

  forgetOthers: (targets) =>
    guarded(async () => {
      const names = targets.map(({ database, endpoint, rule }) => [
        database.name,
        rule?.team ?? '',
        rule?.user ?? '',
        endpoint.name,
      ])
      await store.prisma.$executeRaw`
        DELETE FROM health_finding WHERE (database, team, db_user, endpoint) NOT IN
          (SELECT name->>0, name->>1, name->>2, name->>3 FROM jsonb_array_elements(${JSON.stringify(names)}::jsonb) AS name)`
    }),
})

type Row = Omit<Finding, 'team' | 'user' | 'steps'> & { team: string; user: string; steps: unknown }

const findingOf = ({ team, user, steps, ...rest }: Row): Finding => ({
  ...rest,
  team: team || null,
  user: user || null,
  steps: steps as Step[],
})
