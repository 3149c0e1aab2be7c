import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

const LIBRARY = 'libnss_wrapper.so'

/** Debian's `libnss-wrapper`: a program looks up names in a file of our own, as it would in /etc/hosts. */
export const hasOwnHosts =
  process.platform === 'linux' &&
  !spawnSync('/bin/true', { env: { LD_PRELOAD: LIBRARY } }).stderr.includes('cannot be preloaded')

/** The environment in which these names lead to this machine. The file lies in `folder`. */
export function hostsOf(folder: string, names: readonly string[]): Record<string, string> {
  const file = path.join(folder, 'hosts')
  fs.writeFileSync(
    file,
    names.map((name) => `127.0.0.1 ${name}\n`).join('') + '127.0.0.1 localhost\n',
  )
  return { LD_PRELOAD: LIBRARY, NSS_WRAPPER_HOSTS: file }
}
