import { env } from './env.ts'
import { fields } from './fields.ts'
import { datagrip } from './datagrip.ts'
import { dbeaver, dbeaverFile } from './dbeaver.ts'
import { connectorJ, mariadbConnectorJ, pgjdbc } from './jdbc.ts'
import { isWindowsShell } from './dialect.ts'
import { postico, tableplus } from './link.ts'
import { latchkey } from './latchkey.ts'
import { mariadb, mysql } from './mysql.ts'
import { mysql2, nodePostgres } from './node.ts'
import { pgadmin } from './pgadmin.ts'
import { pgpass } from './pgpass.ts'
import { pgcli, psql, psqlUri } from './psql.ts'
import { psycopg, sqlalchemy } from './psycopg.ts'
import { psqlService, serviceFile } from './service-file.ts'
import { isMySql, type Connection, type Snippet } from './snippet.ts'
import { sqlWorkbench, sqlWorkbenchFile } from './sql-workbench.ts'
import { uri } from './uri.ts'
import { workbench } from './workbench.ts'

/** A snippet for each client that speaks to this engine, the likeliest first. */
export const snippetsFor = (connection: Connection): Snippet[] =>
  clientsFor(connection).map((write) => withReason(connection, write(connection)))

function clientsFor(connection: Connection): ((connection: Connection) => Snippet)[] {
  const { engine } = connection
  const helper = connection.helper === null || isWindowsShell(connection) ? [] : [latchkey]
  if (isMySql(engine)) {
    const lines = engine === 'mariadb' ? [mariadb, mysql] : [mysql, mariadb]
    const code = [connectorJ, mariadbConnectorJ, mysql2]
    return [...lines, ...helper, workbench, dbeaver, fields, ...APPLICATIONS, ...code]
  }
  // On Windows psql is given an address anyway.
  const byUri = isWindowsShell(connection) ? [] : [psqlUri]
  const code = [pgjdbc, psycopg, sqlalchemy, nodePostgres]
  const likeliest = [psql, ...helper, pgadmin, dbeaver, env, fields]
  const terminal = [uri, pgpass, pgcli, ...byUri, serviceFile, psqlService]
  const mac = connection.system === 'macos' ? [postico] : []
  return [...likeliest, ...terminal, ...APPLICATIONS, ...mac, ...code]
}

/** For every engine, besides those that stand before. */
const APPLICATIONS = [dbeaverFile, datagrip, sqlWorkbench, sqlWorkbenchFile, tableplus]

/** What is verified less than it could be is said with each. */
function withReason({ tls }: Connection, snippet: Snippet): Snippet {
  if (tls === 'verify-full') return snippet
  const why = `The server's chain is verified, and not its name: ${tls.why}`
  return { ...snippet, warnings: [why, ...snippet.warnings] }
}
