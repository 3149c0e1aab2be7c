import { fishWord } from './fish.ts'
import { powershellWord } from './powershell.ts'
import { shellWord } from './shell.ts'
import type { Connection, Shell } from './snippet.ts'

/** Where the CA bundle of a region lies on the person's machine. */
export const caFile = (region: string) => `~/.latchkey/${region}.pem`

/** The same, or its twin of another kind, for what expands no `~`: absolute where the home folder is known. Windows takes `/` too. */
export function caPath({ caFile, home }: Pick<Connection, 'caFile' | 'home'>, kind = 'pem') {
  const path = caFile.replace(/pem$/, kind)
  return home === null ? path : path.replace(/^~/, home)
}

/** What to do about a path that is not absolute. */
export const homeHint = ({ home }: Pick<Connection, 'home'>): string | null =>
  home === null
    ? 'Write your home folder in place of ~, or say it above: this client does not know the sign.'
    : null

/** The line that puts the bundle there, for one shell. `curl` verifies the portal, and the portal vouches for the bundle. */
export function caCommand(publicUrl: string, path: string, shell: Shell): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const source = `${publicUrl.replace(/\/+$/, '')}/api/ca/${name}`
  return COMMANDS[shell](source, name)
}

const COMMANDS: Record<Shell, (source: string, name: string) => string> = {
  posix: (source, name) =>
    `mkdir -p ~/.latchkey && curl -fsS -o ~/.latchkey/${name} ${shellWord(source)}`,
  fish: (source, name) =>
    `mkdir -p ~/.latchkey; and curl -fsS -o ~/.latchkey/${name} ${fishWord(source)}`,
  powershell: (source, name) =>
    `New-Item -ItemType Directory -Force "$HOME/.latchkey" | Out-Null; Invoke-WebRequest -UseBasicParsing -Uri ${powershellWord(source)} -OutFile "$HOME/.latchkey/${name}"`,
  cmd: (source, name) =>
    `(if not exist "%USERPROFILE%\\.latchkey" mkdir "%USERPROFILE%\\.latchkey") & curl.exe -fsS -o "%USERPROFILE%\\.latchkey\\${name}" "${source}"`,
}
