import { FOR_PEOPLE, IN_CODE, literal } from './literal.ts'
import { joined } from './parts.ts'
import { aSnippet, secret, type Connection } from './snippet.ts'
import { tunnelOf } from './tunnel.ts'

const imports = (driver: string) =>
  [
    `import { readFileSync } from 'node:fs'`,
    `import { homedir } from 'node:os'`,
    driver,
    '',
    '',
  ].join('\n')

const ca = ({ caFile }: Connection) =>
  `readFileSync(homedir() + ${literal(caFile.slice(1))}, 'utf8')`

/** Only where it is proven that the name is not in the certificate. */
const chainOnly = ({ tls }: Connection, how: string) => (tls === 'verify-full' ? '' : `, ${how}`)

/**
 * node-postgres 8 (its documentation, "Client", "SSL"). An `ssl` object and no `sslmode`, which would put the object away.
 * Through a tunnel it dials one host and verifies another, by `servername`.
 */
export const nodePostgres = (connection: Connection) => {
  const { signing, dial, dbname, user, applicationName } = connection
  const verify = chainOnly(connection, 'checkServerIdentity: () => undefined')
  return aSnippet({
    client: 'node-postgres',
    title: 'node-postgres',
    group: 'code',
    hint: FOR_PEOPLE,
    warnings: [IN_CODE],
    parts: joined(
      imports(`import pg from 'pg'`),
      'const client = new pg.Client({\n',
      `  host: ${literal(dial.host)},\n`,
      `  port: ${dial.port},\n`,
      `  database: ${literal(dbname)},\n`,
      `  user: ${literal(user)},\n`,
      `  password: '`,
      secret(),
      `',\n`,
      `  application_name: ${literal(applicationName)},\n`,
      `  ssl: { ca: ${ca(connection)}, servername: ${literal(signing.host)}${verify} },\n`,
      '})\n',
      'await client.connect()\n',
    ),
  })
}

/**
 * mysql2 3.22 and newer: before, cleartext was on by itself (its documentation, "enableCleartextPlugin"; `verifyIdentity`).
 * It verifies the name that it dials; a tunnel is given as the stream to use in place of dialling.
 */
export const mysql2 = (connection: Connection) => {
  const { signing, dial, dbname, user, tls } = connection
  const tunnel = tunnelOf(connection)
  return aSnippet({
    client: 'mysql2',
    title: 'mysql2',
    group: 'code',
    hint: FOR_PEOPLE,
    warnings: [IN_CODE],
    parts: joined(
      imports(
        `${tunnel ? `import { connect } from 'node:net'\n` : ''}import mysql from 'mysql2/promise'`,
      ),
      'const connection = await mysql.createConnection({\n',
      `  host: ${literal(signing.host)},\n`,
      `  port: ${dial.port},\n`,
      tunnel ? `  stream: () => connect(${dial.port}, ${literal(dial.host)}),\n` : '',
      `  database: ${literal(dbname)},\n`,
      `  user: ${literal(user)},\n`,
      `  password: '`,
      secret(),
      `',\n`,
      '  enableCleartextPlugin: true,\n',
      `  ssl: { ca: ${ca(connection)}, verifyIdentity: ${tls === 'verify-full'} },\n`,
      '})\n',
    ),
  })
}
