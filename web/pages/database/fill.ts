import type { Part, Snippet, TokenForms } from '../../../server/contract/connection.ts'

/** The parts of a snippet with a token at its places. */
export const fill = (parts: readonly Part[], forms: TokenForms): string =>
  parts.map((part) => ('text' in part ? part.text : forms[part.token])).join('')

/** Why this token does not get through this client whole, if it does not. */
export function tooLong({ limit }: Snippet, forms: TokenForms): string | undefined {
  if (!limit) return undefined
  return forms[limit.form].length > limit.characters ? limit.why : undefined
}
