import { dialectOf, type Argument, type Settings } from './dialect.ts'
import { aSnippet, type Connection, type Snippet } from './snippet.ts'

type Head = Pick<Snippet, 'client' | 'title'> & Partial<Pick<Snippet, 'hint' | 'warnings'>>

/** A program run in the person's shell, with these variables for itself alone; or why it cannot be. */
export function aLine(
  connection: Connection,
  head: Head,
  line: {
    settings: Settings
    program: string
    words: readonly Argument[]
    refused?: string | null
  },
): Snippet {
  const dialect = dialectOf(connection)
  const refused = line.refused ?? whyNot(connection, line.words)
  if (refused !== null) return aSnippet({ ...head, group: 'terminal', refused })
  const parts = dialect.run(line.settings, line.program, line.words)
  return aSnippet({ ...head, group: 'terminal', parts, limit: dialect.limit(parts) })
}

/** Variables set in the person's shell; or why they cannot be. */
export function settings(
  connection: Connection,
  head: Head,
  variables: Settings,
  refused: string | null,
): Snippet {
  const dialect = dialectOf(connection)
  const values = variables.flatMap(([, value]) => (value ? [value] : []))
  const why = refused ?? whyNot(connection, values)
  if (why !== null) return aSnippet({ ...head, group: 'terminal', refused: why })
  const parts = dialect.set(variables)
  return aSnippet({ ...head, group: 'terminal', parts, limit: dialect.limit(parts) })
}

const whyNot = (connection: Connection, words: readonly Argument[]): string | null => {
  const { refuses } = dialectOf(connection)
  const [first] = words.flatMap((word) => {
    const why = 'text' in word ? refuses(word.text) : null
    return why === null ? [] : [why]
  })
  return first ?? null
}
