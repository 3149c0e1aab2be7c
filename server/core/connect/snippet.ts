import type { Address, Engine } from '../catalog/catalog.ts'

/** What every generator is given. `signing` is what the token was signed for and TLS verifies; `dial` is where the client connects. */
export type Connection = {
  engine: Engine
  signing: Address
  dial: Address
  dbname: string
  user: string
  token: string
  /** Where the CA bundle lies on the person's machine, written with a leading `~/`. */
  caFile: string
  /** Ends up in `pg_stat_activity.application_name`, so that a session can be matched with its grant. */
  applicationName: string
}

/** A piece of text; a secret one holds the token, raw or encoded. */
export type Part = { text: string; secret: boolean }
export type Field = { label: string; value: string; secret: boolean }

export type Snippet = {
  client: string
  title: string
  hint: string | null
  parts: Part[]
  /** For clients with a form: then `parts` is empty. */
  fields: Field[]
}

export const plain = (text: string): Part => ({ text, secret: false })
export const secret = (text: string): Part => ({ text, secret: true })

/** The others speak PostgreSQL's protocol. */
export const isMySql = (engine: Engine) => !['postgres', 'aurora-postgresql'].includes(engine)
