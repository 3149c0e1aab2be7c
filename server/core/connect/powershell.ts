import type { Argument, Dialect, Piece, Value } from './dialect.ts'
import { between, joined } from './parts.ts'
import type { Part } from './snippet.ts'
import { whyNotOnWindows } from './windows.ts'

/** Windows PowerShell 5.1 and PowerShell 7 ("about_Quoting_Rules", "about_Environment_Variables"). */
export const powershell: Dialect = {
  refuses: whyNotOnWindows,
  looksUp: true,
  run: (settings, program, words) => {
    const given = settings.flatMap(([name, value]) => (value ? [[name, value] as const] : []))
    const names = given.map(([name]) => `Env:${name}`).join(', ')
    return joined(
      ...given.map(([name, value]) => joined(`$env:${name} = `, write(value), '; ')),
      'try { ',
      between(' ', [joined(program), ...words.map(writeWord)]),
      ` } finally { Remove-Item ${names} }`,
    )
  },
  set: (settings) =>
    between(
      '\n',
      settings.map(([name, value]) =>
        value
          ? joined(`$env:${name} = `, write(value))
          : joined(`Remove-Item Env:${name} -ErrorAction Ignore`),
      ),
    ),
  limit: () => null,
}

/** Between single quotes; PowerShell takes the curly ones for the same. */
export const powershellWord = (text: string) =>
  `'${text.replace(/['\u2018\u2019\u201a\u201b]/g, (c) => c + c)}'`

/** With forward slashes, which Windows takes too: in an address a backslash would be none. */
const home = (path: string) => `($HOME.Replace('\\', '/') + ${powershellWord(`/${path.slice(2)}`)})`

const lookUp = (name: string) =>
  `([Net.Dns]::GetHostAddresses(${powershellWord(name)})[0].IPAddressToString)`

const writeWord = ({ option, ...value }: Argument): Part[] => {
  if (option === undefined) return write(value)
  if ('text' in value) return joined(powershellWord(option + value.text))
  return joined(`(${powershellWord(option)} + `, write(value), ')')
}

function write(value: Value): Part[] {
  if ('address' in value) {
    const pieces = value.address.map(writePiece)
    return pieces.length === 1 ? (pieces[0] ?? []) : joined('(', between(' + ', pieces), ')')
  }
  return writePiece(value)
}

function writePiece(piece: Piece): Part[] {
  if ('text' in piece) return joined(powershellWord(piece.text))
  if ('home' in piece) return joined(home(piece.home))
  if ('lookUp' in piece) return joined(lookUp(piece.lookUp))
  return joined(`'`, { token: piece.token }, `'`)
}
