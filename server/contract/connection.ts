import { Type, type Static } from 'typebox'
import { Endpoint } from './database.ts'
import { closed } from './scalar.ts'

const Host = Type.String({
  minLength: 1,
  maxLength: 253,
  pattern: '^([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$',
  description: 'A host name or an IP address, without brackets',
})
const Port = Type.String({
  pattern: '^([1-9]\\d{0,3}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5])$',
  description: 'A number from 1 to 65535',
})

const Home = Type.String({
  minLength: 1,
  maxLength: 200,
  pattern: '^(/|[A-Za-z]:[\\\\/])[^\\u0000-\\u001f\\u007f]*$',
  description: 'Your home folder, absolute: for clients that do not know the sign ~',
})

export const Shell = Type.Enum(['posix', 'fish', 'powershell', 'cmd'])
export type Shell = Static<typeof Shell>
export const System = Type.Enum(['linux', 'macos', 'windows'])
export type System = Static<typeof System>

/** How somebody wants to connect. All of it has a default: the first endpoint, a POSIX shell on Linux, no tunnel of one's own. */
export const ConnectionWish = Type.Object(
  {
    endpoint: Type.Optional(
      Type.String({ minLength: 1, maxLength: 63, description: 'The name of an endpoint' }),
    ),
    shell: Type.Optional(Shell),
    system: Type.Optional(System),
    home: Type.Optional(Home),
    dialHost: Type.Optional(Host),
    dialPort: Type.Optional(Port),
  },
  closed,
)
export type ConnectionWish = Static<typeof ConnectionWish>

/** How a token is written at its place: `raw`, `percent` inside an address, `pgpass` inside libpq's password file. */
export const TokenForm = Type.Enum(['raw', 'percent', 'pgpass'])
export type TokenForm = Static<typeof TokenForm>

/** The token in each of them: joined with the parts of a snippet it is what one pastes. */
export const TokenForms = Type.Object(
  { raw: Type.String(), percent: Type.String(), pgpass: Type.String() },
  closed,
)
export type TokenForms = Static<typeof TokenForms>

/** Text, or the place of the token. */
export const Part = Type.Union([
  Type.Object({ text: Type.String() }, closed),
  Type.Object({ token: TokenForm }, closed),
])
export type Part = Static<typeof Part>

const Text = Type.Union([Type.String(), Type.Null()])

/** What one client needs, filled in but for the token. */
export const Snippet = Type.Object(
  {
    client: Type.String({ description: 'psql, uri, env, mysql, mariadb, fields, …' }),
    title: Type.String(),
    group: Type.Enum(['terminal', 'application', 'code']),
    hint: Text,
    warnings: Type.Array(Type.String(), { description: 'What this choice costs' }),
    parts: Type.Array(Part),
    fields: Type.Array(Type.Object({ label: Type.String(), value: Part }, closed), {
      description: 'For clients with a form; then `parts` is empty',
    }),
    limit: Type.Union(
      [
        Type.Object({ form: TokenForm, characters: Type.Integer(), why: Type.String() }, closed),
        Type.Null(),
      ],
      { description: 'A token that is longer in this form does not get through, and why' },
    ),
    refused: Type.Union([Type.String(), Type.Null()], {
      description: 'Why there is nothing to copy for this client',
    }),
    file: Type.Union(
      [Type.Object({ name: Type.String(), type: Type.String() }, closed), Type.Null()],
      { description: 'What `parts` is downloaded as; it has no token in it' },
    ),
  },
  closed,
)
export type Snippet = Static<typeof Snippet>

/** The same whether or not there is a token. */
export const Connection = Type.Object(
  {
    endpoint: Endpoint,
    user: Type.String(),
    dbname: Type.String(),
    tls: Type.Object(
      {
        mode: Type.Enum(['verify-full', 'verify-ca']),
        why: Type.Union([Type.String(), Type.Null()], {
          description: 'What proves that this server has another name; null for verify-full',
        }),
      },
      closed,
    ),
    caFile: Type.String({ description: 'Where the snippets expect the CA bundle' }),
    caCommand: Type.String({ description: 'The line that puts it there' }),
    snippets: Type.Array(Snippet),
  },
  closed,
)
export type Connection = Static<typeof Connection>
