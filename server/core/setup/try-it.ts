import { isMySql } from '../catalog/catalog.ts'
import { shellWord } from '../connect/shell.ts'
import { aws } from './aws-cli.ts'
import { fetchCa, mysqlClient, mysqlTls, postgresTls } from './certificates.ts'
import type { GuideStep } from './guide.ts'
import type { Plan } from './plan.ts'
import { mysqlWay, postgresWay, usualEndpoint } from './way.ts'

/** A token by hand: it shows that network, TLS and database user are right before anybody asks for access. */
export const tryStep = (plan: Plan): GuideStep => ({
  id: 'try',
  title: 'Connect',
  why:
    'In Latchkey: open the database, ask for access, and take the line for your client. A token opens connections for 15 minutes, or until the session that signed it ends. ' +
    'It is computed by who signs it, from credentials; AWS is not asked for it and keeps no record of it, so the audit log of Latchkey is the only one.',
  where: 'terminal',
  warnings: [
    'The text below goes around Latchkey, with your own rights in AWS: whoever administers the account may sign a token for any database user in it. It is for trying the set-up, and leaves no trace in the audit log.',
    'Tokens are for people. A service on EC2, ECS or Lambda signs its own with the role that it runs as.',
  ],
  texts: [
    {
      form: 'shell',
      title: 'Try it without Latchkey',
      filename: 'try.sh',
      text: `${fetchCa(plan)}${command(plan)}\n`,
    },
  ],
  check: `The page Health of Latchkey shows each step of a connection to ${plan.database.name}, and the first that fails.`,
})

/** The token is in the environment of this one command, and of no other. */
function command(plan: Plan): string {
  const { database, port, users } = plan
  const user = shellWord(users[0]?.name ?? '')
  const dbname = shellWord(database.dbname)
  const token = aws('rds generate-db-auth-token', [
    ['region', database.region],
    ['hostname', usualEndpoint(plan).signing.host],
    ['port', String(port)],
    ['username', users[0]?.name ?? ''],
  ])
  const lines = isMySql(database.engine)
    ? [
        `MYSQL_PWD="$(${token})"`,
        `${mysqlClient(plan)} ${mysqlWay(plan)} --user=${user}`,
        `${mysqlTls(plan)}${mysqlClient(plan) === 'mysql' ? ' --enable-cleartext-plugin' : ''}`,
        `--database=${dbname} --execute='SELECT CURRENT_USER()'`,
      ]
    : [
        `PGPASSWORD="$(${token})"`,
        `${postgresWay(plan)} PGUSER=${user} PGDATABASE=${dbname}`,
        postgresTls(plan),
        `psql -c 'SELECT current_user'`,
      ]
  return lines.join(' \\\n  ')
}
