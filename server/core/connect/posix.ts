import type { Argument, Dialect, Piece, Settings, Value } from './dialect.ts'
import { between, joined } from './parts.ts'
import { homePath, shellWord } from './shell.ts'
import type { Part } from './snippet.ts'
import { addressCommand } from './tunnel.ts'

/** bash, zsh, dash, busybox (POSIX.1-2017, "Shell Command Language", 2.2). */
export const posix: Dialect = {
  refuses: () => null,
  looksUp: true,
  run: (settings, program, words) =>
    between(' ', [
      ...settings.flatMap(([name, value]) => (value ? [joined(`${name}=`, write(value))] : [])),
      joined(program),
      ...words.map(writeWord),
    ]),
  set: (settings: Settings) =>
    between(
      '\n',
      settings.map(([name, value]) =>
        value ? joined(`export ${name}=`, write(value)) : joined(`unset ${name}`),
      ),
    ),
  limit: () => null,
}

const writeWord = ({ option = '', ...value }: Argument) => joined(option, write(value))

function write(value: Value): Part[] {
  // Double quotes for the sake of `$HOME`: nothing that they leave a meaning is in an encoded address.
  if ('address' in value) return joined('"', ...value.address.map(inAddress), '"')
  if ('text' in value) return joined(shellWord(value.text))
  if ('home' in value) return joined(homePath(value.home))
  if ('lookUp' in value) return joined(`"${addressCommand(value.lookUp)}"`)
  return joined(`'`, { token: value.token }, `'`)
}

function inAddress(piece: Piece): string | Part {
  if ('text' in piece) return piece.text
  if ('home' in piece) return `$HOME/${piece.home.slice(2)}`
  // A command keeps its own quotes: `"…$(… "x" …)…"` is one word.
  if ('lookUp' in piece) return addressCommand(piece.lookUp)
  return { token: piece.token }
}
