import { checkServerIdentity } from 'node:tls'
import pg, { DatabaseError } from 'pg'
import type { LogInAnswer, LogInWish } from '../core/health/ports.ts'
import { ownCode } from './own-code.ts'

const ASK = `SELECT 1 AS one,
  (SELECT pg_has_role(current_user, oid, 'USAGE') FROM pg_roles WHERE rolname = 'rds_iam') AS member`

export async function logInToPostgres(
  { database, dial, host, ca, user, token }: LogInWish,
  milliseconds: number,
): Promise<LogInAnswer> {
  const client = new pg.Client({
    host: dial.host.replace(/^\[(.*)\]$/, '$1'),
    port: dial.port,
    user,
    password: token,
    database: database.dbname,
    application_name: 'latchkey-check',
    connectionTimeoutMillis: milliseconds,
    query_timeout: milliseconds,
    ssl: {
      ca,
      servername: host,
      minVersion: 'TLSv1.2',
      rejectUnauthorized: true,
      // The driver verifies the name that it dialled, which with a tunnel is not that of the server.
      checkServerIdentity: (_dialled, certificate) => checkServerIdentity(host, certificate),
    },
  })
  // A connection that breaks later is nobody's loss.
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query<{ member: boolean | null }>(ASK)
    return { outcome: 'in', member: rows[0]?.member ?? null }
  } catch (error) {
    return answerOf(error)
  } finally {
    await client.end().catch(() => {})
  }
}

/** A server's own refusal has a SQLSTATE and a severity (PostgreSQL documentation, "Error and Notice Message Fields"). */
function answerOf(error: unknown): LogInAnswer {
  if (!(error instanceof DatabaseError) || !/^[0-9A-Z]{5}$/.test(error.code ?? ''))
    return { outcome: 'failed', code: ownCode(error) }
  const code = error.code!
  if (code === '28P01') return { outcome: 'refused', by: 'password', code }
  const judged = code === '28000' && /\bPAM authentication failed\b/.test(error.message)
  return { outcome: 'refused', by: judged ? 'token' : 'other', code }
}
