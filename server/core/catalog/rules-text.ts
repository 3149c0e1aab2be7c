import type { Catalog } from './catalog.ts'

/**
 * What a catalog allows, as one text that is the same for the same catalog: who is in each team, who administers and audits, and every
 * access rule. Without addresses, roles and external ids: it is given to auditors.
 */
export function rulesText({ sha256, admins, auditors, teams, databases, rules }: Catalog): string {
  const text = {
    catalogSha256: sha256,
    admins,
    auditors,
    teams: [...teams.values()].map(({ name, groups }) => ({ name, groups })),
    databases: [...databases.values()].map(({ name, engine, environment, account, region }) => ({
      name,
      engine,
      environment,
      account,
      region,
    })),
    access: rules.map(
      ({ team, database, user, duration, reason, reasonPattern, approval, emergency }) => ({
        team,
        database,
        user,
        durationSeconds: duration,
        reason,
        reasonPattern,
        approval: approval && {
          groups: approval.groups,
          count: approval.count,
          withinSeconds: approval.within,
        },
        emergency: emergency && { durationSeconds: emergency.duration },
      }),
    ),
  }
  return `${JSON.stringify(text, null, 2)}\n`
}
