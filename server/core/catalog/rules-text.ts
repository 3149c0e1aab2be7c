import type { WrittenCatalog } from './catalog.ts'

/**
 * What a catalog allows, as one text that is the same for the same catalog: who is in each team, who administers and audits, and every
 * access rule. Without addresses, roles and external ids: it is given to auditors.
 */
export function rulesText(catalog: WrittenCatalog): string {
  const { sha256, admins, auditors, teams, rules } = catalog
  const text = {
    catalogSha256: sha256,
    admins,
    auditors,
    teams: [...teams.values()].map(({ name, groups }) => ({ name, groups })),
    databases: catalog.names.flatMap((name) => textOf(catalog, name)),
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

/** What a database follows in RDS is the catalog's word; what it found there is in the log as \`catalog.followed\`. */
function textOf({ databases, follows }: WrittenCatalog, name: string) {
  const written = databases.get(name) ?? follows.get(name)
  if (!written) return []
  const { engine, environment, account, region } = written
  const known = { name, engine, environment, account, region }
  return 'reference' in written ? [{ ...known, follows: written.reference }] : [known]
}
