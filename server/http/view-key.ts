import type { Key, TokenFacts } from '../contract/key.ts'
import type { IssuedToken } from '../core/access/carry-out.ts'
import { tunnelOf } from '../core/connect/tunnel.ts'
import { isAlive, type PersonalKey } from '../core/key/key.ts'

export const viewKey = (key: PersonalKey, now: Date): Key => ({
  id: key.id,
  name: key.name,
  prefix: key.prefix,
  state: isAlive(key, now) ? 'works' : key.endedAt ? 'ended' : 'expired',
  createdAt: key.createdAt.toISOString(),
  expiresAt: key.expiresAt.toISOString(),
  endedAt: key.endedAt?.toISOString() ?? null,
  lastUsedAt: key.lastUsedAt?.toISOString() ?? null,
})

/** The token with what libpq needs beside it. `now` is the clock of the signer. */
export const factsView =
  (publicUrl: string, now: () => Date) =>
  ({ token, expiresAt, grant, database, endpoint }: IssuedToken): TokenFacts => {
    const tunnel = tunnelOf(endpoint)
    return {
      token,
      expiresAt: expiresAt.toISOString(),
      seconds: Math.max(0, Math.floor((expiresAt.getTime() - now().getTime()) / 1000)),
      engine: database.engine,
      region: database.region,
      host: endpoint.signing.host,
      hostaddr: tunnel && 'address' in tunnel ? tunnel.address : null,
      dialHost: tunnel && 'name' in tunnel ? tunnel.name : null,
      port: endpoint.dial.port,
      dbname: database.dbname,
      user: grant.user,
      applicationName: `latchkey/${grant.id}`,
      caUrl: `${publicUrl}/api/ca/${database.region}.pem`,
    }
  }
