import path from 'node:path'
import { fullName, PEOPLE } from './people.ts'

/** What a newcomer reads: where to go, as whom, and what to do there. */
export function welcome(portal: string, home: string): string {
  const width = Math.max(...PEOPLE.map((person) => fullName(person).length))
  const people = PEOPLE.map(
    (person) => `  ${fullName(person).padEnd(width)}  ${person.title}: ${person.can}`,
  )
  const near = path.relative('', home)
  return `
Latchkey, with stand-ins for AWS and the single sign-on on this machine. This is not AWS.

  ${portal}

People to sign in as, with one click each:
${people.join('\n')}

Three steps:
  1. Open ${portal} and sign in as ${PEOPLE[0] ? fullName(PEOPLE[0]) : ''}.
  2. Choose the database orders, ask for access as orders_reader, and make a token.
  3. Download the CA bundle, copy the psql line, and run it in a terminal.

Data and logs are kept in ${near.startsWith('..') ? home : near}. Ctrl-C stops everything.
`
}
