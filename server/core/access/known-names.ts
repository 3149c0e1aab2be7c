import type { Catalog } from '../catalog/catalog.ts'

/** Stands in the log for a name that the catalog does not have: whatever it was, it could be a secret that slipped. */
export const UNKNOWN = '(not in the catalog)'

/** Names as the log may keep them. */
export const knownNames = (
  { teams, databases, rules }: Catalog,
  wish: { team: string; database: string; user: string },
) => ({
  team: teams.has(wish.team) ? wish.team : UNKNOWN,
  database: databases.has(wish.database) ? wish.database : UNKNOWN,
  user: rules.some(({ user }) => user === wish.user) ? wish.user : UNKNOWN,
})
