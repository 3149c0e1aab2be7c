import { dialectOf } from './dialect.ts'
import { shellWord } from './shell.ts'
import { aSnippet, isMySql, plain, type Connection } from './snippet.ts'

/** Where the helper lies: a folder that most systems have in the PATH of a terminal. */
const PLACE = '~/.local/bin/latchkey'

/**
 * The portal's own command for a terminal, `server/terminal/latchkey.sh`: it fetches each token itself, with a key of the person's
 * own. It starts psql; other programs are given what it prints.
 */
export function latchkey(connection: Connection) {
  const { helper, portal, engine } = connection
  const head = { client: 'latchkey', title: 'latchkey', group: 'terminal' } as const
  const [program = '', , door = ''] = helper ?? []
  const verb = isMySql(engine) ? 'token' : 'psql'
  const source = shellWord(`${portal}/helper/latchkey`)
  const run = dialectOf(connection).run([], program, [{ text: verb }, { text: door }])
  return aSnippet({
    ...head,
    hint: `The first line, once per computer, brings the command; the second, once a day, gets a key for it with your browser. Then the third ${verb === 'psql' ? 'is all it takes' : 'prints a token'}, with no page to visit.`,
    parts: [
      plain(`mkdir -p ~/.local/bin && curl -fsS -o ${PLACE} ${source} && chmod 755 ${PLACE}\n`),
      plain('latchkey login\n'),
      ...run,
    ],
  })
}
