import type { Argument, Dialect, Piece, Value } from './dialect.ts'
import { between, joined } from './parts.ts'
import type { Part } from './snippet.ts'
import { whyNotOnWindows } from './windows.ts'

/** What cmd takes on one line (Microsoft, "Command prompt line string limitation"). */
const LINE = 8191

/**
 * cmd.exe, typed or pasted: there, unlike in a batch file, `%2F` stays as it is, since no variable has such a name
 * (Microsoft, "set", "cmd").
 */
export const cmd: Dialect = {
  refuses: (text) =>
    whyNotOnWindows(text) ??
    (/[%!]/.test(text)
      ? `“${text}” has a % or a !, which cmd may take for a variable. Use PowerShell.`
      : null),
  looksUp: false,
  run: (settings, program, words) => {
    const given = settings.flatMap(([name, value]) => (value ? [[name, value] as const] : []))
    return between(' & ', [
      ...given.map(([name, value]) => set(name, value)),
      between(' ', [joined(program), ...words.map(word)]),
      ...given.map(([name]) => joined(`set "${name}="`)),
    ])
  },
  set: (settings) =>
    between(
      '\n',
      settings.map(([name, value]) => (value ? set(name, value) : joined(`set "${name}="`))),
    ),
  limit: (parts) => {
    const form = parts.flatMap((part) => ('token' in part ? [part.token] : []))[0]
    const lines = parts.map((part) => ('text' in part ? part.text : '\u0000')).join('')
    const around = lines.split('\n').find((line) => line.includes('\u0000'))
    if (form === undefined || around === undefined) return null
    return {
      form,
      characters: LINE - (around.length - 1),
      why: `cmd takes lines of ${LINE} characters at most, and this token is too long for that. Use PowerShell.`,
    }
  },
}

const set = (name: string, value: Value) => joined(`set "${name}=`, inside(value), '"')

const word = ({ option = '', ...value }: Argument) => joined(`"${option}`, inside(value), '"')

const inside = (value: Value): Part[] =>
  'address' in value ? joined(...value.address.map(piece)) : joined(piece(value))

function piece(value: Piece): string | Part {
  if ('text' in value) return value.text
  // With forward slashes, which Windows takes too: in an address a backslash would be none.
  if ('home' in value) return `%USERPROFILE:\\=/%/${value.home.slice(2)}`
  if ('lookUp' in value) throw new Error('cmd has no way to look a name up within a line')
  return { token: value.token }
}
