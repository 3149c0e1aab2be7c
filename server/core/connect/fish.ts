import type { Argument, Dialect, Piece, Value } from './dialect.ts'
import { between, joined } from './parts.ts'
import type { Part } from './snippet.ts'
import { addressCommand } from './tunnel.ts'

/** fish 3.1 (2020) and newer: before, `NAME=value program` was none of its lines (fish documentation, "Quotes", "Shell variables"). */
export const fish: Dialect = {
  refuses: () => null,
  looksUp: true,
  run: (settings, program, words) =>
    between(' ', [
      ...settings.flatMap(([name, value]) => (value ? [joined(`${name}=`, write(value))] : [])),
      joined(program),
      ...words.map(({ option = '', ...value }: Argument) => joined(option, write(value))),
    ]),
  set: (settings) =>
    between(
      '\n',
      settings.map(([name, value]) =>
        value ? joined(`set -gx ${name} `, write(value)) : joined(`set -e ${name}`),
      ),
    ),
  limit: () => null,
}

const BARE = /^[A-Za-z0-9_./:@,+-]+$/

/** One word of fish: between its single quotes `\` and `'` are escaped, and nothing else means anything. */
export const fishWord = (text: string) =>
  BARE.test(text) ? text : `'${text.replace(/[\\']/g, (c) => `\\${c}`)}'`

/** The line is for a POSIX shell, which there is beside fish. */
const lookUp = (name: string) => `(sh -c ${fishWord(`echo ${addressCommand(name)}`)})`

function write(value: Value): Part[] {
  if ('address' in value) return joined('"', ...value.address.map(inAddress), '"')
  if ('text' in value) return joined(fishWord(value.text))
  if ('home' in value) return joined(`"$HOME"/${fishWord(value.home.slice(2))}`)
  if ('lookUp' in value) return joined(lookUp(value.lookUp))
  return joined(`'`, { token: value.token }, `'`)
}

function inAddress(piece: Piece): string | Part {
  if ('text' in piece) return piece.text
  if ('home' in piece) return `$HOME/${piece.home.slice(2)}`
  if ('lookUp' in piece) return `"${lookUp(piece.lookUp)}"`
  return { token: piece.token }
}
