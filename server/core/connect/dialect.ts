import { cmd } from './cmd.ts'
import { fish } from './fish.ts'
import { posix } from './posix.ts'
import { powershell } from './powershell.ts'
import type { Connection, Part, Shell, Snippet } from './snippet.ts'
import type { TokenForm } from './token-form.ts'

/** What a shell is to put where the snippet says: text as it is, a path below the home folder, the token, the first address of a name. */
export type Piece = { text: string } | { home: string } | { token: TokenForm } | { lookUp: string }

/** One word. An address is made of pieces that are encoded already: letters, digits and `-._~%:/?@&=;,+` only. */
export type Value = Piece | { address: readonly Piece[] }
export type Argument = Value & { option?: string }

/** Environment variables, in order; null takes one away. */
export type Settings = readonly (readonly [name: string, value: Value | null])[]

/** How one shell writes what all of them can do. */
export type Dialect = {
  /** Why this text cannot be handed to a program, or null. */
  refuses: (text: string) => string | null
  /** Whether it can find the address of a name out while it runs a line. */
  looksUp: boolean
  /** One line: a program with these variables for itself alone. */
  run: (settings: Settings, program: string, words: readonly Argument[]) => Part[]
  /** Lines that set them for as long as the shell is open. */
  set: (settings: Settings) => Part[]
  /** What the shell itself can take. */
  limit: (parts: readonly Part[]) => Snippet['limit']
}

const DIALECTS: Record<Shell, Dialect> = { posix, fish, powershell, cmd }

export const dialectOf = ({ shell }: Pick<Connection, 'shell'>): Dialect => DIALECTS[shell]

/** Whether the shell hands words on as Windows programs read them. */
export const isWindowsShell = ({ shell }: Pick<Connection, 'shell'>) =>
  shell === 'powershell' || shell === 'cmd'
