import pg from 'pg'

/**
 * Whether a user logs in with a token: it is a member of `rds_iam`, by way of others too, as RDS counts.
 * A superuser, who is a member of everything, is none: no such user can come in at a door.
 */
export function rdsIamLookup(config: pg.PoolConfig) {
  const pool = new pg.Pool({ ...config, max: 2 })
  pool.on('error', () => undefined)
  return {
    async usesTokens(user: string): Promise<boolean> {
      const { rows } = await pool.query<{ member: boolean }>(
        `select pg_has_role(oid, 'rds_iam', 'usage') and not rolsuper and rolcanlogin as member
           from pg_roles where rolname = $1`,
        [user],
      )
      return rows[0]?.member ?? false
    },
    /** What PostgreSQL keeps of a user's password, where it lets in with one. */
    async passwordOf(user: string): Promise<string | undefined> {
      const { rows } = await pool.query<{ password: string | null }>(
        `select rolpassword as password from pg_authid
          where rolname = $1 and rolcanlogin and not rolsuper
            and coalesce(rolvaliduntil, 'infinity') > now()`,
        [user],
      )
      return rows[0]?.password ?? undefined
    },
    close: () => pool.end(),
  }
}
