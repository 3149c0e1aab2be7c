import type { Connection } from './snippet.ts'

/** How an entry for this way is called in a client's list: `orders writer (orders_reader)`. */
export const entryName = ({ database, endpoint, user }: Connection) =>
  `${database} ${endpoint} (${user})`

/** The same for files and sections, in the letters of catalog names alone. */
export const entryId = ({ database, endpoint }: Connection) => `latchkey-${database}-${endpoint}`

/** Several sentences, of which some may have nothing to say. */
export const sentences = (...all: readonly (string | null)[]) => all.filter(Boolean).join(' ')
