import {
  aSnippet,
  isMySql,
  mySqlMode,
  plain,
  secret,
  tlsMode,
  type Connection,
  type Field,
} from './snippet.ts'
import { hostsHint } from './tunnel.ts'

/** For any client with a form. The values are as they are: a form needs no quoting. */
export function fields(connection: Connection) {
  const { engine, signing, dial, dbname, user, caFile, tls } = connection
  const shown = (label: string, value: string): Field => ({ label, value: plain(value) })
  return aSnippet({
    client: 'fields',
    title: 'Any client',
    group: 'application',
    hint: hostsHint(connection) ?? CA_HINT,
    fields: [
      shown('Host', signing.host),
      shown('Port', String(dial.port)),
      shown('Database', dbname),
      shown('User', user),
      { label: 'Password', value: secret() },
      shown('SSL mode', isMySql(engine) ? mySqlMode(tls) : tlsMode(tls)),
      shown('Root certificate', caFile),
      ...(isMySql(engine) ? [shown('Cleartext authentication', 'enabled')] : []),
    ],
  })
}

const CA_HINT =
  'Write out your home folder in the path of the certificate, and let the client not save the password: it ends in 15 minutes.'
