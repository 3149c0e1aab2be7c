import { percent } from './percent.ts'

/**
 * How a token is written at its place in a snippet. A token has the characters `A-Z a-z 0-9 - . : / ? = & % _ ~` only
 * (SigV4's canonical query), so between quotes of any shell or language it stands raw.
 */
const WRITE = {
  raw: (token: string) => token,
  /** Inside an address. */
  percent,
  /** libpq's password file, where `\` and `:` are escaped (PostgreSQL documentation, "The Password File", 34.16). */
  pgpass: (token: string) => token.replace(/[\\:]/g, (c) => `\\${c}`),
} as const

export type TokenForm = keyof typeof WRITE
export type TokenForms = Record<TokenForm, string>

export const TOKEN_FORMS = Object.keys(WRITE) as TokenForm[]

/** The token in every form that a snippet can ask for. */
export const formsOf = (token: string): TokenForms => ({
  raw: WRITE.raw(token),
  percent: WRITE.percent(token),
  pgpass: WRITE.pgpass(token),
})
