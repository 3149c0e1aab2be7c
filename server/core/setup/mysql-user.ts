import type { GuideUser } from './guide.ts'
import type { Plan } from './plan.ts'
import { mysqlGrantedName, mysqlName, remark } from './sql.ts'

const RIGHTS = {
  none: null,
  read: 'SELECT, SHOW VIEW',
  write: 'SELECT, INSERT, UPDATE, DELETE, SHOW VIEW',
} as const

/** From any address: who may reach the port is the security group's to say, and the policy knows only the name. */
const account = (name: string) => `${mysqlName(name)}@'%'`

/** MySQL and MariaDB commit each of these by itself, so a second run says which user is there already. */
export const mysqlSql = ({ database, users }: Plan): string =>
  `${[
    remark(
      'Run it as the administrator, after IAM authentication is on: before that the plugin is not loaded (error 1524).',
    ),
    ...users.flatMap((user) => ['', ...makeUser(user, database.dbname)]),
    '',
    remark('Each of them should say AWSAuthenticationPlugin and REQUIRE SSL.'),
    ...users.map(({ name }) => `SHOW CREATE USER ${account(name)};`),
  ].join('\n')}\n`

/** The token is a cleartext password inside of TLS: without TLS nobody may be asked for it. */
function makeUser({ name, preset }: GuideUser, dbname: string): string[] {
  const rights = RIGHTS[preset]
  return [
    `CREATE USER ${account(name)} IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL;`,
    ...(rights ? [`GRANT ${rights} ON ${mysqlGrantedName(dbname)}.* TO ${account(name)};`] : []),
  ]
}

/** Dropping a user ends no session, so nobody comes in first, and those that are in are told apart. */
export const mysqlTakeAwaySql = ({ users }: Plan): string =>
  `${[
    remark('Run it as the administrator.'),
    ...users.map(({ name }) => `ALTER USER ${account(name)} ACCOUNT LOCK;`),
    '',
    remark('A line for each session that is open: run those lines. Dropping the user ends none.'),
    "SELECT CONCAT('CALL mysql.rds_kill(', id, ');') FROM information_schema.processlist",
    ` WHERE user IN (${users.map(({ name }) => mysqlText(name)).join(', ')});`,
    '',
    ...users.map(({ name }) => `DROP USER ${account(name)};`),
  ].join('\n')}\n`

/** A text where a backslash escapes, as it does unless the SQL mode says otherwise. */
const mysqlText = (text: string) => `'${text.replace(/['\\]/g, (char) => `${char}${char}`)}'`
