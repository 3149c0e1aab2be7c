/** What no POSIX shell, interactive or not, gives a meaning: it may stand bare. */
const BARE = /^[A-Za-z0-9_./:@%+,-]+$/

/** One word of a POSIX shell that means exactly this text. */
export const shellWord = (text: string) => (BARE.test(text) ? text : `'${insideQuotes(text)}'`)

/** Text for between single quotes, where only the single quote itself has a meaning. */
export const insideQuotes = (text: string) => text.replaceAll("'", `'\\''`)

/** A path that begins with `~/`, also where a shell does not expand it: `--ssl-ca=~/x` and, in dash, `export NAME=~/x` stay as they are. */
export const homePath = (path: string) => `"$HOME"/${shellWord(path.slice(2))}`
