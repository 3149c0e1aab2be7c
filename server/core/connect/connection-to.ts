import type { Address, Database, Endpoint } from '../catalog/catalog.ts'
import { caFile } from './ca-file.ts'
import type { Connection, Shell, System, Tls } from './snippet.ts'

type Door = {
  grant: { id: string; user: string }
  database: Pick<Database, 'name' | 'engine' | 'dbname' | 'region'>
  endpoint: Pick<Endpoint, 'name' | 'signing'>
}
type Wish = { dial: Address; tls: Tls; shell?: Shell; system?: System; home?: string }
/** The portal, and whether it lets personal keys fetch tokens. */
export type Portal = { publicUrl: string; hasKeys: boolean }

/** What the generators are given for one way through one door. */
export const connectionTo = (
  { grant, database, endpoint }: Door,
  { dial, tls, shell = 'posix', system = 'linux', home }: Wish,
  { publicUrl, hasKeys }: Portal,
): Connection => ({
  database: database.name,
  endpoint: endpoint.name,
  engine: database.engine,
  signing: endpoint.signing,
  dial,
  dbname: database.dbname,
  user: grant.user,
  caFile: caFile(database.region),
  // Seen in pg_stat_activity: joins a session of the database with its grant.
  applicationName: `latchkey/${grant.id}`,
  shell,
  system,
  home: home === undefined ? null : home.replaceAll('\\', '/').replace(/\/+$/, ''),
  tls,
  portal: publicUrl.replace(/\/+$/, ''),
  // On Windows it is a script that only PowerShell starts.
  helper:
    hasKeys && system !== 'windows' && isSayable(grant.user)
      ? ['latchkey', 'token', `${database.name}/${grant.user}/${endpoint.name}`]
      : null,
})

/** The helper takes one word with slashes in it. */
const isSayable = (user: string) => !user.includes('/')
