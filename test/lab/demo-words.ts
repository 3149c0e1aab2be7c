import path from 'node:path'
import { WAREHOUSE, WAREHOUSE_MASTER } from './databases.ts'
import { fullName, PEOPLE } from './people.ts'

/**
 * What a newcomer reads: where to go, as whom, and what to do there.
 * @param warehouse the port of its door
 */
export function welcome(portal: string, home: string, warehouse: number): string {
  const width = Math.max(...PEOPLE.map((person) => fullName(person).length))
  const people = PEOPLE.map(
    (person) => `  ${fullName(person).padEnd(width)}  ${person.title}: ${person.can}`,
  )
  const relative = path.relative('', home)
  const near = relative.startsWith('..') ? home : relative
  return `
Latchkey, with stand-ins for AWS and the single sign-on on this machine. This is not AWS.

  ${portal}

People to sign in as, with one click each:
${people.join('\n')}

Three steps:
  1. Open ${portal} and sign in as ${PEOPLE[0] ? fullName(PEOPLE[0]) : ''}.
  2. Choose the database orders, ask for access as orders_reader, and make a token.
  3. Download the CA bundle, copy the psql line, and run it in a terminal.

One more database, ${WAREHOUSE.name}, is in RDS and in no catalog: set it up as an administrator.
Its master user ${WAREHOUSE_MASTER} has its password in ${near}/warehouse-password,
and \`. ${near}/administrator.env\` makes a terminal the administrator of this AWS, for the aws command.
It listens on 127.0.0.1:${warehouse}.

Data and logs are kept in ${near}. Ctrl-C stops everything.
`
}
