import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import type { Shell } from '../../server/core/connect/snippet.ts'

const WANTED: [program: string, shell: Shell][] = [
  ['sh', 'posix'],
  ['bash', 'posix'],
  ['zsh', 'posix'],
  ['busybox sh', 'posix'],
  ['fish', 'fish'],
]

/** Those of this machine; `sh` is always there. What is not is said aloud. */
export const SHELLS = WANTED.filter(([shell]) => {
  const [program = '', ...more] = shell.split(' ')
  if (spawnSync(program, [...more, '-c', 'exit 7']).status === 7) return true
  console.warn(`${shell} is not installed: what it makes of the snippets is not tested`)
  return false
})

const RECORDER = `#!/bin/sh
printf '%s\\0' "$@"
printf 'ENVIRONMENT\\0'
env -0
printf 'END\\0'
`
type Run = { argv: string[]; env: Map<string, string> }

/** A home folder, and a folder first in PATH with programs that print their arguments and environment. */
export function aMachine() {
  const home = mkdtempSync(join(tmpdir(), 'latchkey home '))
  afterAll(() => rmSync(home, { recursive: true }))
  const bin = join(home, 'bin')
  mkdirSync(bin)
  mkdirSync(join(home, '.latchkey'))
  const install = (name: string, script: string) => {
    writeFileSync(join(bin, name), script)
    chmodSync(join(bin, name), 0o755)
  }
  for (const name of ['psql', 'pgcli', 'mysql', 'mariadb', 'record']) install(name, RECORDER)

  /** What the shell says, of one script. */
  const tell = (shell: string, script: string) => {
    const [program = '', ...more] = shell.split(' ')
    // In a file: one argument of a program is 128 KiB at most.
    const file = join(home, 'script')
    writeFileSync(file, script)
    return execFileSync(program, [...more, file], {
      env: { HOME: home, PATH: `${bin}:${process.env['PATH'] ?? ''}`, PGHOSTADDR: '192.0.2.1' },
      encoding: 'utf8',
    })
  }
  /** Scripts one after the other in one shell, each of which runs one recorder: what those were given. */
  const runAll = (shell: string, scripts: readonly string[]): Run[] => {
    const words = tell(shell, scripts.join('\n')).split('\0')
    const runs: Run[] = []
    while (words.length > 1) {
      const argv = words.splice(0, words.indexOf('ENVIRONMENT'))
      const pairs = words.splice(0, words.indexOf('END') + 1).slice(1, -1)
      const entries = pairs.map((pair): [string, string] => {
        const [name = ''] = pair.split('=', 1)
        return [name, pair.slice(name.length + 1)]
      })
      runs.push({ argv, env: new Map(entries) })
    }
    if (runs.length !== scripts.length)
      throw new Error(`${scripts.length} scripts, but ${runs.length} records`)
    return runs
  }
  const run = (shell: string, script: string): Run => runAll(shell, [script])[0]!
  return { home, bin, install, tell, run, runAll }
}
