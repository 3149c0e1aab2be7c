import { env } from './env.ts'
import { fields } from './fields.ts'
import { mariadb, mysql } from './mysql.ts'
import { psql } from './psql.ts'
import { isMySql, type Connection, type Snippet } from './snippet.ts'
import { uri } from './uri.ts'

/** A snippet for each client that speaks to this engine, the likeliest first. */
export function snippetsFor(connection: Connection): Snippet[] {
  const { engine } = connection
  if (!isMySql(engine)) return [psql, uri, env, fields].map((write) => write(connection))
  const lines = engine === 'mariadb' ? [mariadb, mysql] : [mysql, mariadb]
  return [...lines, fields].map((write) => write(connection))
}
