import { behindHost } from './behind-host.ts'
import type { ServerCertificate } from './ca.ts'
import { startDoor } from './database.ts'
import type { LabDatabase, LabEndpoint } from './databases.ts'
import type { Door } from './door.ts'
import type { Account } from './iam.ts'
import { type MariaDb, usesTokens } from './mariadb.ts'
import { startMySqlDoor } from './mysql-door.ts'
import type { Postgres } from './postgres.ts'
import type { rdsIamLookup } from './rds-iam.ts'
import { refuseToken } from './rds-token.ts'
import type { RdsWorld } from './rds-world.ts'

export type DoorParts = {
  account: Account
  world: RdsWorld
  now: () => number
  postgres: Postgres
  lookup: ReturnType<typeof rdsIamLookup>
  mariadb: MariaDb | undefined
  certificate: ServerCertificate
  port: number
  log: (line: string) => void
}

/** The door of one endpoint: what RDS says of it now, region, resource and IAM authentication, is what it judges by. */
export function openEndpoint(
  database: LabDatabase,
  endpoint: LabEndpoint,
  parts: DoorParts,
): Promise<Door> {
  const { account, world, now, postgres, lookup, mariadb, certificate, port, log } = parts
  const behind = () => behindHost(world, endpoint.host)
  const takesTokens = () => behind()?.iam ?? false
  const common = {
    certificate,
    port,
    log: (line: string) => log(`${database.name} (${endpoint.name}): ${line}`),
    refuseToken(user: string, token: string) {
      const target = behind()
      if (!target) return 'RDS has nothing of this name'
      return refuseToken(token, user, { ...target, host: endpoint.host }, account, now())
    },
  }
  if (database.engine === 'mariadb' && mariadb) {
    return startMySqlDoor({
      ...common,
      socket: mariadb.socket,
      passwordOf: mariadb.passwordOf,
      usesTokens: async (user) => takesTokens() && usesTokens(mariadb.admin, user),
    })
  }
  return startDoor({
    ...common,
    socket: String(postgres.config.host),
    databases: [database.dbname],
    readOnly: endpoint.readOnly,
    usesTokens: async (user) => takesTokens() && lookup.usesTokens(user),
    passwordOf: lookup.passwordOf,
  })
}
