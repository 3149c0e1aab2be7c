import { isMySql, type Connection, type Field, type Snippet } from './snippet.ts'
import { hostsHint } from './tunnel.ts'

/** For any client with a form. The values are as they are: a form needs no quoting. */
export function fields(connection: Connection): Snippet {
  const { engine, signing, dial, dbname, user, token, caFile } = connection
  const shown = (label: string, value: string): Field => ({ label, value, secret: false })
  return {
    client: 'fields',
    title: 'Any client',
    hint: hostsHint(connection) ?? CA_HINT,
    parts: [],
    fields: [
      shown('Host', signing.host),
      shown('Port', String(dial.port)),
      shown('Database', dbname),
      shown('User', user),
      { label: 'Password', value: token, secret: true },
      shown('SSL mode', isMySql(engine) ? 'VERIFY_IDENTITY' : 'verify-full'),
      shown('Root certificate', caFile),
      ...(isMySql(engine) ? [shown('Cleartext authentication', 'enabled')] : []),
    ],
  }
}

const CA_HINT =
  'Write out your home folder in the path of the certificate, and let the client not save the password: it ends in 15 minutes.'
