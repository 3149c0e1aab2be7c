import type { Address, Engine } from '../catalog/catalog.ts'
import type { TokenForm } from './token-form.ts'

export const SHELLS = ['posix', 'fish', 'powershell', 'cmd'] as const
export type Shell = (typeof SHELLS)[number]
export const SYSTEMS = ['linux', 'macos', 'windows'] as const
export type System = (typeof SYSTEMS)[number]

/** What the server's certificate is held against: its chain and name, or, with the proof that the name is not in it, its chain. */
export type Tls = 'verify-full' | { mode: 'verify-ca'; why: string }

/** What every generator is given. `signing` is what the token is signed for and TLS verifies; `dial` is where the client connects. */
export type Connection = {
  /** The names of both in the catalog. */
  database: string
  endpoint: string
  engine: Engine
  signing: Address
  dial: Address
  dbname: string
  user: string
  /** Where the CA bundle lies on the person's machine, written with a leading `~/` for every system. */
  caFile: string
  /** Ends up in `pg_stat_activity.application_name`, so that a session can be matched with its grant. */
  applicationName: string
  shell: Shell
  system: System
  /** The person's home folder, absolute, without a slash at its end; null where they have not said it. */
  home: string | null
  tls: Tls
  /** The address of the portal, without a slash at its end. */
  portal: string
  /** The words of the command that prints a new token, unquoted; null where there is none for this portal, system or name. */
  helper: readonly string[] | null
}

/** A piece of text, or the place of the token. A snippet never holds the token itself. */
export type Part = { text: string } | { token: TokenForm }
export type Field = { label: string; value: Part }

export const plain = (text: string): Part => ({ text })
export const secret = (token: TokenForm = 'raw'): Part => ({ token })

export const GROUPS = ['terminal', 'application', 'code'] as const

export type Snippet = {
  client: string
  title: string
  group: (typeof GROUPS)[number]
  hint: string | null
  /** What this choice costs, one sentence each. */
  warnings: readonly string[]
  /** What is copied; with `file`, what is downloaded. */
  parts: readonly Part[]
  /** For clients with a form: then `parts` is empty. */
  fields: readonly Field[]
  /** The longest token, in characters of that form, that this client takes whole. */
  limit: { form: TokenForm; characters: number; why: string } | null
  /** Why this client cannot be given these values; then there is nothing to copy. */
  refused: string | null
  /** A file to download. It has no token in it. */
  file: { name: string; type: string } | null
}

type Head = Pick<Snippet, 'client' | 'title' | 'group'>

/** A snippet with nothing but what is given. */
export const aSnippet = (given: Head & Partial<Snippet>): Snippet => ({
  hint: null,
  warnings: [],
  parts: [],
  fields: [],
  limit: null,
  refused: null,
  file: null,
  ...given,
})

export { isMySql } from '../catalog/catalog.ts'

/** As MySQL's own clients call it. */
export const mySqlMode = (tls: Tls) => (tls === 'verify-full' ? 'VERIFY_IDENTITY' : 'VERIFY_CA')

/** As libpq and those after it call it. */
export const tlsMode = (tls: Tls) => (tls === 'verify-full' ? tls : tls.mode)
