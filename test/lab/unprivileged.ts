import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

/** The account that a child process runs under; undefined means our own. */
export type Account = { name: string; uid: number; gid: number } | undefined

/**
 * PostgreSQL refuses to run as root, and `initdb` wants a name in passwd.
 * As root this is the owner of an existing data folder, else `postgres`, else `nobody`.
 */
export function unprivilegedAccount(data: string): Account {
  if (process.getuid?.() !== 0) return undefined
  const accounts = readPasswd()
  const owner = fs.statSync(data, { throwIfNoEntry: false })?.uid
  const found =
    (owner === 0 ? undefined : accounts.find((a) => a.uid === owner)) ??
    accounts.find((a) => a.name === 'postgres') ??
    accounts.find((a) => a.name === 'nobody')
  if (!found || found.uid === 0) {
    throw new Error(
      'PostgreSQL does not run as root, and /etc/passwd has neither "postgres" nor "nobody"; start this as an ordinary user.',
    )
  }
  return found
}

function readPasswd() {
  return fs
    .readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
}

/** A place outside the checkout that every account can walk to; its name follows from what it stands in for. */
export function placeElsewhere(kind: 'data' | 'programs', original: string): string {
  const root = fs.existsSync('/var/tmp') ? '/var/tmp' : os.tmpdir()
  const hash = createHash('sha256').update(path.resolve(original)).digest('hex').slice(0, 16)
  return path.join(root, kind === 'data' ? `latchkey-${hash}` : `latchkey-programs-${hash}`)
}

/**
 * Makes a folder of our own in a place where everybody may write.
 * A link, or a folder of somebody else, could have been put there to lead us astray: refused.
 */
export function claimFolder(folder: string, owner: Account, mode: number): void {
  const uid = owner?.uid ?? process.getuid?.() ?? 0
  try {
    fs.mkdirSync(folder, { mode })
    fs.chmodSync(folder, mode)
    if (owner) fs.chownSync(folder, owner.uid, owner.gid)
    return
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const found = fs.lstatSync(folder)
  if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o022) !== 0) {
    throw new Error(`${folder} exists but is not a folder of our own; remove it and start again.`)
  }
}
