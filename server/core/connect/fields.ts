import { caPath, homeHint } from './ca-file.ts'
import { DO_NOT_SAVE, shown, tokenField } from './form.ts'
import { aSnippet, isMySql, mySqlMode, tlsMode, type Connection } from './snippet.ts'
import { hostsHint } from './tunnel.ts'

/** For any client with a form. The values are as they are: a form needs no quoting. */
export function fields(connection: Connection) {
  const { engine, signing, dial, dbname, user, tls } = connection
  const hosts = hostsHint(connection)
  return aSnippet({
    client: 'fields',
    title: 'Any client',
    group: 'application',
    hint: [DO_NOT_SAVE, homeHint(connection)].filter(Boolean).join(' '),
    warnings: hosts === null ? [] : [hosts],
    fields: [
      shown('Host', signing.host),
      shown('Port', String(dial.port)),
      shown('Database', dbname),
      shown('User', user),
      tokenField(),
      shown('SSL mode', isMySql(engine) ? mySqlMode(tls) : tlsMode(tls)),
      shown('Root certificate', caPath(connection)),
      ...(isMySql(engine) ? [shown('Cleartext authentication', 'enabled')] : []),
    ],
  })
}
