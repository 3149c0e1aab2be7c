import { isScalar } from 'yaml'
import type { Spot } from './spot.ts'
import { quote } from './visible.ts'

/** Names of teams, databases and endpoints; the same in the API (`contract/scalar.ts`). */
export const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/u

/** Every object of JavaScript has this one. Here names are keys of maps, but not everywhere that they may go. */
const RESERVED = 'constructor'
export const MAY_BE_NAME = new RegExp(`^(?!${RESERVED}$)`, 'u')

const RULE = 'small letters, digits, and . _ - between them, at most 63'

/** What is wrong with a key as a name, as [message, mend]; undefined when nothing is. */
export function nameFault({ node }: Spot): [string, string] | undefined {
  if (!isScalar(node)) return ['a name is a single word', `write ${RULE}`]
  if (typeof node.value !== 'string') {
    const written = node.source ?? ''
    return [`YAML does not read ${written || 'this'} as a text`, `put it in quotes: "${written}"`]
  }
  if (node.value === RESERVED)
    return [`the name ${quote(RESERVED)} is taken by JavaScript`, 'write another one']
  if (NAME.test(node.value)) return undefined
  const better = propose(node.value)
  const rule = `names are ${RULE}`
  return [`${quote(node.value)} is no name`, better ? `write ${better}; ${rule}` : rule]
}

function propose(text: string): string | undefined {
  const name = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9._-]+/gu, '-')
    .replace(/^[._-]+|[._-]+$/gu, '')
    .slice(0, 63)
  return NAME.test(name) && name !== RESERVED ? name : undefined
}
