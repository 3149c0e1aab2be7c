import { caPath, homeHint } from './ca-file.ts'
import { DO_NOT_SAVE, shown, tokenField } from './form.ts'
import { aSnippet, type Connection } from './snippet.ts'
import { hostsHint } from './tunnel.ts'

/** MySQL Workbench 8 (its manual, "Standard TCP/IP Connection Method": the tabs Parameters, SSL, Advanced). */
export function workbench(connection: Connection) {
  const { signing, dial, dbname, user, tls } = connection
  const hosts = hostsHint(connection)
  return aSnippet({
    client: 'workbench',
    title: 'MySQL Workbench',
    group: 'application',
    hint: [
      'Type the password when it asks, without “Save password in vault”.',
      DO_NOT_SAVE,
      homeHint(connection),
    ]
      .filter(Boolean)
      .join(' '),
    warnings: hosts === null ? [] : [hosts],
    fields: [
      shown('Connection Method', 'Standard (TCP/IP)'),
      shown('Hostname', signing.host),
      shown('Port', String(dial.port)),
      shown('Username', user),
      shown('Default Schema', dbname),
      shown(
        'SSL: Use SSL',
        tls === 'verify-full' ? 'Require and Verify Identity' : 'Require and Verify CA',
      ),
      shown('SSL: CA File', caPath(connection)),
      shown('Advanced: Enable Cleartext Authentication Plugin', 'on'),
      tokenField(),
    ],
  })
}
