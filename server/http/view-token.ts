import type { Token } from '../contract/token.ts'
import type { IssuedToken } from '../core/access/issue-token.ts'
import { caCommand, caFile } from '../core/connect/ca-file.ts'
import { snippetsFor } from '../core/connect/snippets.ts'
import { viewEndpoint } from './view.ts'

export type ViewToken = (issued: IssuedToken) => Token

/** The token with everything that a client needs beside it, filled in. `now` is the clock of the signer. */
export const tokenView =
  (publicUrl: string, now: () => Date): ViewToken =>
  ({ token, signedAt, expiresAt, endsWith, grant, database, endpoint }) => ({
    token,
    length: token.length,
    issuedAt: signedAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    endsWith,
    now: now().toISOString(),
    endpoint: viewEndpoint(endpoint),
    user: grant.user,
    dbname: database.dbname,
    caFile: caFile(database.region),
    caCommand: caCommand(publicUrl, database.region),
    snippets: snippetsFor({
      engine: database.engine,
      signing: endpoint.signing,
      dial: endpoint.dial,
      dbname: database.dbname,
      user: grant.user,
      token,
      caFile: caFile(database.region),
      // Seen in pg_stat_activity: joins a session of the database with its grant.
      applicationName: `latchkey/${grant.id}`,
    }),
  })
