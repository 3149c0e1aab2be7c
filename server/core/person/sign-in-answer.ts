import { SignInRefused } from './identity.ts'

/** What the browser brings back from the provider: a code, or the provider's own error. */
export type SignInAnswer =
  | { kind: 'code'; state: string; code: string; iss: string | undefined }
  | { kind: 'error'; state: string; error: string }

const STATE = /^[\w-]{43}$/
/** VSCHAR of RFC 6749, appendix A. The longest codes that providers are known for have about 2,000 characters. */
const CODE = /^[\x20-\x7e]{1,4096}$/
const ERROR = /^[\x20-\x7e]{1,100}$/
const ISSUER = /^[\x21-\x7e]{1,2048}$/

/**
 * Reads the query of the callback. Each parameter at most once and text: a repeated one arrives as a list.
 * Throws SignInRefused `parameters_invalid`.
 */
export function readAnswer(query: Readonly<Record<string, unknown>>): SignInAnswer {
  const state = only(query, 'state', STATE)
  const code = only(query, 'code', CODE)
  const error = only(query, 'error', ERROR)
  const iss = only(query, 'iss', ISSUER)
  if (state === undefined) throw invalid('state')
  if (error !== undefined) return { kind: 'error', state, error }
  if (code === undefined) throw invalid('code')
  return { kind: 'code', state, code, iss }
}

function only(query: Readonly<Record<string, unknown>>, name: string, shape: RegExp) {
  const value = query[name]
  if (value === undefined) return undefined
  if (typeof value !== 'string' || !shape.test(value)) throw invalid(name)
  return value
}

const invalid = (name: string) =>
  new SignInRefused('parameters_invalid', `The answer of the provider has no usable “${name}”.`)
