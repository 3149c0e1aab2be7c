import { connect } from 'node:net'
import mysql from 'mysql2/promise'
import type { LogInAnswer, LogInWish } from '../core/health/ports.ts'
import { ownCode } from './own-code.ts'

export async function logInToMySql(
  { database, dial, host, ca, user, token }: LogInWish,
  milliseconds: number,
): Promise<LogInAnswer> {
  let connection: mysql.Connection | undefined
  try {
    connection = await mysql.createConnection({
      // The driver verifies the name that it is told, so the way there is given to it.
      host,
      port: dial.port,
      stream: () => connect({ host: dial.host.replace(/^\[(.*)\]$/, '$1'), port: dial.port }),
      user,
      password: token,
      database: database.dbname,
      connectTimeout: milliseconds,
      enableCleartextPlugin: true,
      ssl: { ca, minVersion: 'TLSv1.2', rejectUnauthorized: true, verifyIdentity: true },
    })
    await connection.query({ sql: 'SELECT 1', timeout: milliseconds })
    return { outcome: 'in', member: null }
  } catch (error) {
    return answerOf(error)
  } finally {
    await connection?.end().catch(() => {})
  }
}

/** A server's own refusal has a number, and a SQLSTATE (MySQL reference, "Error Message Elements"). */
function answerOf(error: unknown): LogInAnswer {
  const { errno, sqlState } = error as { errno?: unknown; sqlState?: unknown }
  if (typeof errno !== 'number' || errno <= 0 || typeof sqlState !== 'string')
    return { outcome: 'failed', code: ownCode(error) }
  const by = errno === 1045 ? 'token' : errno === 1524 ? 'plugin' : 'other'
  return { outcome: 'refused', by, code: String(errno) }
}
