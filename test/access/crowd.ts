import type { KnownPerson } from '../../server/core/access/known-person.ts'
import type { AccessRule, Catalog, Database, Team } from '../../server/core/catalog/catalog.ts'

export const teamOf = (name: string, groups: readonly string[]): Team => ({
  name,
  groups,
  roles: [
    { arn: `arn:aws:iam::111122223333:role/${name}`, account: '111122223333', externalId: name },
  ],
  notify: { webhook: null, email: null },
})

export const databaseOf = (name: string, resource = `cluster-${name}`): Database => ({
  name,
  engine: 'aurora-postgresql',
  account: '111122223333',
  region: 'eu-west-1',
  partition: 'aws',
  resource,
  dbname: name,
  environment: null,
  description: null,
  tags: [],
  endpoints: [],
})

export const ruleOf = (
  team: string,
  database: string,
  user: string,
  terms: Partial<AccessRule> = {},
): AccessRule => ({
  ...{ team, database, user, duration: 3_600, reason: 'optional', reasonPattern: null },
  ...{ approval: null, emergency: null, ...terms },
})

export const catalogWith = (
  teams: readonly Team[],
  databases: readonly Database[],
  rules: readonly AccessRule[],
  { admins = [] as string[], auditors = [] as string[] } = {},
): Catalog => ({
  sha256: 'a'.repeat(64),
  admins,
  auditors,
  teams: new Map(teams.map((team) => [team.name, team])),
  databases: new Map(databases.map((database) => [database.name, database])),
  rules,
})

export const personWith = (
  id: string,
  groups: readonly string[],
  over: Partial<KnownPerson> = {},
): KnownPerson => ({
  ...{ id, name: id, email: `${id}@example.com`, subject: id, groups, signedInAt: null },
  ...over,
})

/** A company: each team has a group of its own, one user on every database, and people are in many teams at once. */
export function crowd(size: { people: number; databases: number; teams: number }): {
  catalog: Catalog
  people: KnownPerson[]
} {
  const count = (n: number) => Array.from({ length: n }, (_, i) => i)
  const teams = count(size.teams).map((i) => teamOf(`team-${i}`, [`group-${i}`]))
  const databases = count(size.databases).map((i) => databaseOf(`database-${i}`))
  const rules = teams.flatMap(({ name }) =>
    databases.map((database) => ruleOf(name, database.name, `${name}_reader`)),
  )
  const people = count(size.people).map((i) =>
    personWith(
      `person-${i}`,
      // Uneven, and nobody like their neighbour; the rest are groups that the catalog does not know.
      count(20).map((k) => `group-${(i * 7 + k * k * (1 + (i % 13))) % (size.teams * 2)}`),
    ),
  )
  return { catalog: catalogWith(teams, databases, rules), people }
}
