import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/** Those of this machine; `sh` is always there. */
export const SHELLS = ['sh', 'bash', 'zsh', 'busybox sh'].filter((shell) => {
  const [program = '', ...more] = shell.split(' ')
  return spawnSync(program, [...more, '-c', 'exit 7']).status === 7
})

const RECORDER = `#!/bin/sh
printf '%s\\0' "$@"
printf 'ENVIRONMENT\\0'
env -0
`

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
  for (const name of ['psql', 'mysql', 'mariadb', 'record']) install(name, RECORDER)

  const run = (shell: string, script: string) => {
    const [program = '', ...more] = shell.split(' ')
    const out = execFileSync(program, [...more, '-c', script], {
      env: { HOME: home, PATH: `${bin}:${process.env['PATH'] ?? ''}`, PGHOSTADDR: '192.0.2.1' },
      encoding: 'utf8',
    })
    const words = out.split('\0').slice(0, -1)
    const border = words.indexOf('ENVIRONMENT')
    const pairs = words.slice(border + 1).map((pair): [string, string] => {
      const [name = ''] = pair.split('=', 1)
      return [name, pair.slice(name.length + 1)]
    })
    return { argv: words.slice(0, border), env: new Map(pairs) }
  }
  return { home, bin, install, run }
}
