import type { Connection } from './snippet.ts'

/** Letters that no shell of any system gives a meaning, and no client takes for a placeholder. */
const SAFE = /^[A-Za-z0-9_./:@+-]+$/

/**
 * The command that prints a new token, for clients that run one by way of whatever shell is theirs. It is text that a
 * program will run: a word that would have to be quoted is not offered.
 */
export const helperCommand = ({ helper }: Pick<Connection, 'helper'>): string | null =>
  helper !== null && helper.length > 0 && helper.every((word) => SAFE.test(word))
    ? helper.join(' ')
    : null
