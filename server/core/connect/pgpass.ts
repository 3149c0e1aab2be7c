import { fishWord } from './fish.ts'
import { joined } from './parts.ts'
import { powershellWord } from './powershell.ts'
import { shellWord } from './shell.ts'
import { aSnippet, secret, type Connection, type Part } from './snippet.ts'

/**
 * A line of libpq's password file (PostgreSQL documentation, "The Password File", 34.16), for psql, pgAdmin, DataGrip and
 * all that read it. The first line that matches counts, so the last token's line goes when the new one comes.
 * libpq before September 2020 cut lines at 320 bytes.
 */
export function pgpass(connection: Connection) {
  const { signing, dial, dbname, user, shell } = connection
  const head = { client: 'pgpass', title: '.pgpass', group: 'terminal' } as const
  // A line feed would begin another line of the file.
  if (/[\u0000-\u001f\u007f]/.test(dbname + user))
    return aSnippet({
      ...head,
      refused: 'A password file is read by lines, and there is a control character in a name.',
    })
  const prefix = [signing.host, String(dial.port), dbname, user].map(escaped).join(':') + ':'
  return aSnippet({
    ...head,
    hint: HINTS[shell],
    warnings: [
      'The token lies in the file until the next one takes its place. It opens nothing after 15 minutes.',
    ],
    parts: WRITE[shell](prefix),
  })
}

const escaped = (text: string) => text.replace(/[\\:]/g, (c) => `\\${c}`)

const token = secret('pgpass')

const WINDOWS = '$env:APPDATA\\postgresql\\pgpass.conf'

const HINTS = {
  posix:
    'It puts the line first in ~/.pgpass, readable by you alone: else libpq passes over the file.',
  fish: 'It puts the line first in ~/.pgpass, readable by you alone: else libpq passes over the file.',
  powershell: 'It puts the line first in %APPDATA%\\postgresql\\pgpass.conf.',
  cmd: 'Put this line first in %APPDATA%\\postgresql\\pgpass.conf, in place of the last one.',
}

const OTHERS = `awk 'index($0, ENVIRON["OLD"]) != 1' ~/.pgpass`

const WRITE: Record<Connection['shell'], (prefix: string) => Part[]> = {
  posix: (prefix) =>
    joined(
      'touch ~/.pgpass ~/.pgpass.new && chmod 600 ~/.pgpass ~/.pgpass.new && ',
      `{ printf '%s\\n' ${shellWord(prefix)}'`,
      token,
      `'; OLD=${shellWord(prefix)} ${OTHERS}; } > ~/.pgpass.new && mv -f ~/.pgpass.new ~/.pgpass`,
    ),
  fish: (prefix) =>
    joined(
      'touch ~/.pgpass ~/.pgpass.new; and chmod 600 ~/.pgpass ~/.pgpass.new; and ',
      `begin; printf '%s\\n' ${fishWord(prefix)}'`,
      token,
      `'; OLD=${fishWord(prefix)} ${OTHERS}; end > ~/.pgpass.new; and mv -f ~/.pgpass.new ~/.pgpass`,
    ),
  powershell: (prefix) =>
    joined(
      `$file = "${WINDOWS}"; New-Item -ItemType Directory -Force (Split-Path $file) | Out-Null; `,
      `$old = ${powershellWord(prefix)}; $rest = @(if (Test-Path $file) { Get-Content -Encoding UTF8 $file | `,
      `Where-Object { -not $_.StartsWith($old, [StringComparison]::Ordinal) } }); `,
      `[IO.File]::WriteAllLines($file, [string[]](@($old + '`,
      token,
      `') + $rest))`,
    ),
  cmd: (prefix) => joined(prefix, token),
}
