import { connectArn, type Database } from '../catalog/catalog.ts'

type Closing = { database: Database; user: string; applicationName: string }

/**
 * The SQL that ends what a token opened: ending access gives no new token, but a session that is open goes on.
 * PostgreSQL tells sessions apart by the application name that our snippets set; MySQL does not, and on RDS nobody may
 * `KILL` another's session but through `mysql.rds_kill` (RDS user guide, "Ending a session or query").
 */
export function closeSessionsSql({ database, user, applicationName }: Closing): string {
  if (database.engine.endsWith('postgres') || database.engine.endsWith('postgresql'))
    return (
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity\n` +
      ` WHERE usename = ${literal(user)} AND application_name = ${literal(applicationName)};`
    )
  return (
    `-- Prints a line for each session of this user, whoever opened it: run those lines.\n` +
    `SELECT CONCAT('CALL mysql.rds_kill(', id, ');') FROM information_schema.processlist\n` +
    ` WHERE user = ${literal(user.replaceAll('\\', '\\\\'))};`
  )
}

/**
 * The IAM policy that keeps a token out that was given already, attached to the role that signed it. An explicit deny
 * wins over every allow (IAM user guide, "Policy evaluation logic"), and is asked at each connection.
 */
export const denyConnect = ({ database, user }: Omit<Closing, 'applicationName'>): string =>
  JSON.stringify(
    {
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'LatchkeyStop',
          Effect: 'Deny',
          Action: 'rds-db:connect',
          Resource: connectArn(database, user),
        },
      ],
    },
    null,
    2,
  )

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`
