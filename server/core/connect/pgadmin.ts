import { caPath, homeHint } from './ca-file.ts'
import { entryId, entryName, sentences } from './entry.ts'
import { DO_NOT_SAVE } from './form.ts'
import { helperCommand } from './helper-command.ts'
import { aSnippet, plain, tlsMode, type Connection } from './snippet.ts'
import { hostsHint, tunnelOf } from './tunnel.ts'

/** A minute before a token ends (pgAdmin documentation, "Server Dialog", Password exec expiration): seconds. */
const RENEW_AFTER = 840

/**
 * A file for "Tools, Import/Export Servers" of pgAdmin 4, 6.21 and newer, which take tokens of any length
 * (its documentation, "Import/Export Servers"; `validate_json_data` in its source). Never `Shared`: the others would run the command
 * of it under their own name. Passwords cannot be imported; the command that fetches them can, in desktop mode.
 */
export function pgadmin(connection: Connection) {
  const { signing, dial, dbname, user, applicationName, tls } = connection
  const command = helperCommand(connection)
  const tunnel = tunnelOf(connection)
  const named = tunnel && 'name' in tunnel ? hostsHint(connection) : null
  const server = {
    Name: entryName(connection),
    Group: 'Latchkey',
    Host: signing.host,
    Port: dial.port,
    MaintenanceDB: dbname,
    Username: user,
    ConnectionParameters: {
      sslmode: tlsMode(tls),
      sslrootcert: caPath(connection),
      connect_timeout: 10,
      application_name: applicationName,
      ...(tunnel && 'address' in tunnel && { hostaddr: tunnel.address }),
    },
    ...(command !== null && {
      PasswordExecCommand: command,
      PasswordExecExpiration: RENEW_AFTER,
    }),
  }
  return aSnippet({
    client: 'pgadmin',
    title: 'pgAdmin 4',
    group: 'application',
    hint: sentences(
      'Import it with Tools, Import/Export Servers.',
      command === null
        ? 'When pgAdmin asks for the password, paste the token.'
        : `pgAdmin gets each token itself by “${command}”, in desktop mode; in server mode it asks, and you paste the token.`,
      DO_NOT_SAVE,
      homeHint(connection),
    ),
    warnings: named === null ? [] : [named],
    parts: [plain(JSON.stringify({ Servers: { 1: server } }, null, 2) + '\n')],
    file: { name: `${entryId(connection)}-pgadmin.json`, type: 'application/json' },
  })
}
