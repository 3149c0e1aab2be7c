import { entryId } from './entry.ts'
import { kitReadme } from './kit-readme.ts'
import type { Connection, Snippet } from './snippet.ts'
import { snippetsFor } from './snippets.ts'

export type KitFile = { name: string; content: string | Uint8Array }
type CaFile = { format: string; bytes: Uint8Array }

/** What the ZIP file itself is called. */
export const kitName = (connection: Connection) => `${entryId(connection)}-kit.zip`

/**
 * The files that the clients of one way need: those that they import, the CA bundle in each format, and what to do with them.
 * None has a token in it, nor a place for one.
 * @param ca the bundle of the database's region; none where the portal has none
 */
export function kitFiles(connection: Connection, ca: readonly CaFile[]): KitFile[] {
  const name = connection.caFile.replace(/^.*[/]/, '').replace(/[.]pem$/, '')
  const snippets = snippetsFor(connection)
  const bundles = ca.map(({ format, bytes }) => ({
    name: `ca/${name}.${format}`,
    content: bytes,
  }))
  const clients = snippets.flatMap((snippet) => {
    const content = textOf(snippet)
    return content === null ? [] : [{ name: `clients/${snippet.file?.name}`, content }]
  })
  const readme = kitReadme({ connection, snippets, bundles })
  return [{ name: 'README.md', content: readme }, ...bundles, ...clients]
}

const textOf = ({ file, refused, parts }: Snippet): string | null =>
  file === null || refused !== null || parts.some((part) => 'token' in part)
    ? null
    : parts.map((part) => ('text' in part ? part.text : '')).join('')
