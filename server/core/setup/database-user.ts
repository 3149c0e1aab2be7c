import { isMySql } from '../catalog/catalog.ts'
import { shellWord } from '../connect/shell.ts'
import type { GuideStep } from './guide.ts'
import { fetchCa, mysqlClient, mysqlTls, postgresTls } from './certificates.ts'
import { mysqlSql } from './mysql-user.ts'
import type { Plan } from './plan.ts'
import { postgresSql } from './postgres-user.ts'
import { mysqlWay, postgresWay, tunnelWarning } from './way.ts'

/** The database users that tokens open. */
export function databaseUserStep(plan: Plan): GuideStep {
  const my = isMySql(plan.database.engine)
  return {
    id: 'database-user',
    title: `Make the database user${plan.users.length === 1 ? '' : 's'}`,
    why: my
      ? 'A user of this plugin signs in by token, over TLS, and has no password. What it may do is written here, and nowhere in IAM.'
      : 'A user that holds rds_iam signs in by token and by nothing else. What it may do is written here, and nowhere in IAM. ' +
        'Users that do not hold it keep their passwords.',
    where: 'database',
    warnings: warningsOf(plan),
    texts: [
      {
        form: 'sql',
        title: my ? 'SQL for MySQL and MariaDB' : 'SQL for PostgreSQL',
        filename: 'database-users.sql',
        text: my ? mysqlSql(plan) : postgresSql(plan),
      },
      {
        form: 'shell',
        title: 'Run it',
        filename: 'database-users.sh',
        text: runSql(plan, 'database-users.sql'),
      },
    ],
    check: my
      ? 'SHOW CREATE USER says AWSAuthenticationPlugin and REQUIRE SSL for each of them.'
      : 'The last query names the new users, and not you.',
  }
}

const LOCK_OUT =
  'Never grant one of these users to the administrator, nor choose the administrator as one of them: who holds rds_iam, also by way of another role, ' +
  'can use no password any more. The SQL looks before and after, and undoes itself if it would happen. From PostgreSQL 16 on, GRANT … WITH INHERIT FALSE avoids it.'

const CAPITALS =
  'Names count as they are written between quotes: token, policy and database must agree in capitals.'

const DEFAULTS =
  'Rights on tables that are made later belong to who makes them: run the lines ALTER DEFAULT PRIVILEGES as each role that does.'

const SECRETS =
  'This is for a proxy with end-to-end IAM, and is run in the database behind the proxy. With secrets, a database user has a password, which is kept in Secrets Manager: then leave out '

const SHADOWS =
  'A second user of the same name with a narrower host would be taken first: look into mysql.user for one.'

const WILDCARDS =
  'In GRANT, _ and % in the name of a database are wildcards, so they are escaped. With partial_revokes on they are not: then take the backslashes out.'

function warningsOf(plan: Plan): string[] {
  const { database, form, users } = plan
  const { engine, dbname } = database
  const my = isMySql(engine)
  const tunnel = my ? tunnelWarning(plan) : null
  const tables = users.some(({ preset }) => preset !== 'none')
  return [
    ...(my ? [SHADOWS] : [LOCK_OUT]),
    CAPITALS,
    ...(tunnel === null ? [] : [tunnel]),
    ...(!my && tables ? [DEFAULTS] : []),
    ...(my && tables && /[_%]/.test(dbname) ? [WILDCARDS] : []),
    ...(form === 'proxy' ? [`${SECRETS}${my ? 'the plugin.' : 'GRANT rds_iam.'}`] : []),
  ]
}

/** A file of SQL as the administrator, whose password is asked for. */
export function runSql(plan: Plan, file: string): string {
  const { database } = plan
  const dbname = shellWord(database.dbname)
  const command = isMySql(database.engine)
    ? [
        `${mysqlClient(plan)} ${mysqlWay(plan)} --user=${ADMIN} --password`,
        `${mysqlTls(plan)} --database=${dbname} <${file}`,
      ]
    : [
        `${postgresWay(plan)} PGUSER=${ADMIN} PGDATABASE=${dbname}`,
        postgresTls(plan),
        `psql -v ON_ERROR_STOP=1 -f ${file}`,
      ]
  return `${fetchCa(plan)}${command.join(' \\\n  ')}\n`
}

const ADMIN = '"${ADMIN:?set it to the name of the administrator}"'
