import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort, type Stage } from './stage.ts'

export type Ended = { code: number | null; stdout: string; stderr: string; milliseconds: number }
export type Going = { url(): Promise<string>; say(line: string): void; ended: Promise<Ended> }
export type Terminal = Awaited<ReturnType<typeof openTerminal>>

/** Every program that the helper calls, and the shell that runs it. */
const CALLED =
  'curl awk sed tr od mktemp mkfifo uname find psql mv rm mkdir cat perl sha256sum'.split(' ')

const pathOf = (program: string) =>
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })

/** The shells of this machine that are POSIX shells, each as the words before a script. */
export const SHELLS = [
  ['dash'],
  ['bash', '--posix'],
  ['busybox', 'sh'],
  ['zsh', '--emulate', 'sh'],
].filter(([program]) => pathOf(program!) !== undefined)

/**
 * A computer of somebody with the helper as the portal gives it out: an empty home, and a browser that only writes down where
 * it should go. When it is watched, each program that the helper calls leaves what others could see of it: its arguments and
 * its environment.
 */
export async function openTerminal(stage: Stage, name: string, shell: string[] = ['dash']) {
  const home = join(stage.home, name)
  const [bin, opened, seen] = [join(home, 'bin'), join(home, 'opened'), join(home, 'seen')]
  mkdirSync(bin, { recursive: true })
  const program = (path: string, lines: string) => {
    writeFileSync(path, `#!/bin/sh\n${lines}\n`)
    chmodSync(path, 0o755)
  }
  const browser = join(home, 'browser')
  program(browser, `printf '%s\\n' "$1" >'${opened}'`)
  for (const called of CALLED) {
    const path = pathOf(called)
    if (path)
      program(
        join(bin, called),
        `{ echo "== ${called}"; /usr/bin/tr '\\0' '\\n' </proc/$$/cmdline; echo --; /usr/bin/tr '\\0' '\\n' </proc/$$/environ; } >>'${seen}'\nexec '${path}' "$@"`,
      )
  }
  const helper = join(home, 'latchkey')
  const script = await (await fetch(`${stage.url}/helper/latchkey`)).text()
  writeFileSync(helper, script)
  const env = { PATH: process.env['PATH'], HOME: home, LC_ALL: 'C', BROWSER: browser }
  const watched = { ...env, PATH: `${bin}:${env.PATH}` }

  const keyFile = join(home, '.config/latchkey', `${new URL(stage.url).host.replace(':', '_')}.key`)
  const begin = (args: string[], from = helper, as = env): Going => {
    const started = performance.now()
    const [first, ...rest] = [...shell, from, ...args]
    const child = spawn(first!, rest, { env: as, stdio: 'pipe' })
    const outputs = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
    let said = ''
    child.stderr.on('data', (chunk) => (said += String(chunk)))
    return {
      url: async () => {
        for (let i = 0; i < 500; i++) {
          const found = /^ {2}(http\S+)$/m.exec(said)?.[1]
          if (found && (/&port=/.test(found) ? existsSync(opened) : true)) return found
          await sleep(20)
        }
        throw new Error(`no address: ${said}`)
      },
      say: (line) => void child.stdin.end(`${line}\n`),
      ended: outputs.then(([stdout, stderr]) => ({
        code: child.exitCode,
        stdout,
        stderr,
        milliseconds: performance.now() - started,
      })),
    }
  }
  return {
    home,
    begin,
    run: (...args: string[]) => begin(args).ended,
    /** A line of its owner's, with the helper in reach. */
    sh: async (line: string) => {
      const child = spawn('sh', ['-c', line], { env, stdio: 'pipe' })
      const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
      return { stdout, stderr }
    },
    /** The helper of a portal where nobody listens; the key is the same. */
    ofNobody: async () => {
      const other = join(home, 'other')
      const nobody = `127.0.0.1:${await freePort()}`
      writeFileSync(other, script.replaceAll(stage.url, `http://${nobody}`))
      return (...args: string[]) => begin(args, other).ended
    },
    keyFile,
    browserWentTo: () => readFileSync(opened, 'utf8').trim(),
    /** The same, and what others could see of the programs that were called. */
    watch: async (...args: string[]) => {
      writeFileSync(seen, '')
      const ended = await begin(args, helper, watched).ended
      const calls = readFileSync(seen, 'utf8')
        .split(/^== /m)
        .slice(1)
        .map((call) => {
          const [head = '', environment = ''] = call.split('\n--\n')
          const [called = '', ...words] = head.split('\n')
          return { called, words: words.join(' '), environment }
        })
      return { ...ended, calls }
    },
  }
}
