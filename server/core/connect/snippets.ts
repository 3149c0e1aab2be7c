import { env } from './env.ts'
import { fields } from './fields.ts'
import { connectorJ, mariadbConnectorJ, pgjdbc } from './jdbc.ts'
import { isWindowsShell } from './dialect.ts'
import { mariadb, mysql } from './mysql.ts'
import { mysql2, nodePostgres } from './node.ts'
import { pgpass } from './pgpass.ts'
import { pgcli, psql, psqlUri } from './psql.ts'
import { psycopg, sqlalchemy } from './psycopg.ts'
import { isMySql, type Connection, type Snippet } from './snippet.ts'
import { uri } from './uri.ts'
import { workbench } from './workbench.ts'

/** A snippet for each client that speaks to this engine, the likeliest first. */
export const snippetsFor = (connection: Connection): Snippet[] =>
  clientsFor(connection).map((write) => withReason(connection, write(connection)))

function clientsFor(connection: Connection): ((connection: Connection) => Snippet)[] {
  const { engine } = connection
  if (isMySql(engine)) {
    const lines = engine === 'mariadb' ? [mariadb, mysql] : [mysql, mariadb]
    return [...lines, workbench, fields, connectorJ, mariadbConnectorJ, mysql2]
  }
  // On Windows psql is given an address anyway.
  const byUri = isWindowsShell(connection) ? [] : [psqlUri]
  const code = [pgjdbc, psycopg, sqlalchemy, nodePostgres]
  return [psql, ...byUri, env, uri, pgpass, pgcli, fields, ...code]
}

/** What is verified less than it could be is said with each. */
function withReason({ tls }: Connection, snippet: Snippet): Snippet {
  if (tls === 'verify-full') return snippet
  const why = `The server's chain is verified, and not its name: ${tls.why}`
  return { ...snippet, warnings: [why, ...snippet.warnings] }
}
