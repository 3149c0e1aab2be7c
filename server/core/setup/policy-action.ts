import type { Spotted } from './policy-document.ts'
import { matches, parseGlob } from './glob.ts'
import type { Tell } from './policy-problem.ts'

/** The one action that opens a database. Actions compare without regard to capitals. */
const CONNECT = 'rds-db:connect'

export const isConnect = (action: string) => matches(parseGlob(action.toLowerCase()), CONNECT)

/** What somebody who meant `rds-db:connect` wrote instead. Actions of other services are none of our business. */
export function checkAction({ text, ...here }: Spotted, tell: Tell): void {
  const written = text.toLowerCase()
  const write = `write "${CONNECT}"`
  if (written === CONNECT) return
  if (/^rds:(?:db-?)?connect\*?$/.test(written))
    tell(
      here,
      'error',
      'is no action: what begins with rds: manages RDS and opens no database',
      write,
    )
  else if (/generatedbauthtoken/.test(written))
    tell(
      here,
      'error',
      'is no action: signing a token needs no permission',
      `${write}, which is asked when the token is used`,
    )
  else if (/^(?:rds-?db|rds_db|db|rdsdb):/.test(written) && !isConnect(text))
    tell(here, 'error', 'opens nothing: of rds-db there is one action', write)
  else if (written === 'connect' || written === 'rds-db')
    tell(here, 'error', 'is no action without its service', write)
  else if (written === '*')
    tell(
      here,
      'warning',
      'is every action of AWS, connecting to databases among them',
      `${write} in a statement of its own`,
    )
  else if (isConnect(text) && /[*?]/.test(text))
    tell(here, 'warning', 'opens what rds-db will know later, too', write)
}
