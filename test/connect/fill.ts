import type { Part, TokenForms } from '../../server/contract/connection.ts'
import type { Snippet } from '../../server/core/connect/snippet.ts'

export const fill = (parts: readonly Part[], forms: TokenForms): string =>
  parts.map((part) => ('text' in part ? part.text : forms[part.token])).join('')

/** What the copy button of the card gives: the snippet, of the core or of the API, with the token in it. Throws what the card would say instead. */
export function lines(
  { parts, refused, limit }: Pick<Snippet, 'parts' | 'refused' | 'limit'>,
  forms: TokenForms,
): string {
  if (refused !== null) throw new Error(refused)
  if (limit && forms[limit.form].length > limit.characters) throw new Error(limit.why)
  return fill(parts, forms)
}
