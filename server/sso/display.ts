import type { Claim } from '../core/person/identity.ts'

type Claims = { readonly [claim: string]: unknown }

/** An address that everybody reads the same way: ASCII, one `@`, at most 254 characters. For display only, never a key. */
export const emailOf = (value: unknown): string | null =>
  typeof value === 'string' && value.length <= 254 && EMAIL.test(value) ? value : null

const EMAIL = /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*$/

/** A name that can stand before somebody who decides: nothing invisible, no word of two alphabets. Else null. */
export function nameOf(value: unknown): string | null {
  if (typeof value !== 'string' || INVISIBLE.test(value)) return null
  const name = value.normalize('NFKC').trim()
  if (name === '' || name.length > 200) return null
  return name.split(/\P{Letter}+/u).some(mixesAlphabets) ? null : name
}

/** Control, format (bidi overrides, zero width), private use, lone surrogates, line and paragraph separators. */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]/u

const ALPHABETS = [/\p{Script=Latin}/u, /\p{Script=Cyrillic}/u, /\p{Script=Greek}/u]
const mixesAlphabets = (word: string) =>
  ALPHABETS.filter((letters) => letters.test(word)).length > 1

/** What belongs to the protocol says nothing about the person. */
const PROTOCOL = new Set(
  'iss aud azp exp nbf iat auth_time nonce at_hash c_hash s_hash jti sid rh uti aio typ ver'.split(
    ' ',
  ),
)
const MOST = 50
const LONGEST_NAME = 100
const LONGEST_VALUE = 300

/** The claims for "My account", each value as one short line of text. No token among them. */
export function claimsToShow(...sources: Claims[]): Claim[] {
  const all = Object.assign(Object.create(null), ...sources.toReversed()) as Claims
  return Object.entries(all)
    .filter(([name, value]) => !PROTOCOL.has(name) && value !== null && value !== undefined)
    .map(([name, value]) => ({
      name: line(name, LONGEST_NAME),
      value: line(text(value), LONGEST_VALUE),
    }))
    .filter(({ value }) => !/eyJ[\w-]+\./.test(value))
    .slice(0, MOST)
}

function text(value: unknown): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value) && value.every((entry) => typeof entry === 'string'))
    return value.join(', ')
  return JSON.stringify(value)
}

/** Cut, and with all that is invisible written out. */
function line(value: string, longest: number): string {
  const short = value.length > longest ? `${value.slice(0, longest - 1)}…` : value
  return short
    .toWellFormed()
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`)
}
