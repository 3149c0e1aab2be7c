import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { type Account, claimFolder, placeElsewhere, unprivilegedAccount } from './unprivileged.ts'

export type Home = {
  home: string
  data: string
  socket: string
  log: string
  account: Account
}

/** `sun_path` holds 107 bytes on Linux and 103 on macOS; of the servers' files `/.s.PGSQL.5432` and its lock are the longest. */
const LONGEST_SOCKET_FOLDER = 90 - '/.s.PGSQL.5432'.length
const told = new Set<string>()

/**
 * The folders of one server, 0700 and owned by the account that it runs under.
 * Where that account cannot walk to `wanted`, or the socket's path would be too long, they lie under /var/tmp instead, and stderr says so.
 */
export function claimHome(wanted: string): Home {
  if (process.platform === 'win32') {
    throw new Error(
      'The lab needs Unix sockets as database servers have them: use Linux, macOS or WSL.',
    )
  }
  const asked = path.resolve(wanted)
  fs.mkdirSync(path.dirname(asked), { recursive: true })
  if (tooLong(asked)) return layOut(moveElsewhere(asked, 'its path is too long for a socket'))
  const here = layOut(asked)
  if (reachable(here.home, here.account)) return here
  fs.rmdirSync(here.socket)
  fs.rmdirSync(here.home)
  return layOut(moveElsewhere(asked, `the account "${here.account?.name}" cannot enter it`))
}

const tooLong = (home: string) => Buffer.byteLength(path.join(home, 'run')) > LONGEST_SOCKET_FOLDER

function moveElsewhere(asked: string, why: string): string {
  const elsewhere = placeElsewhere('data', asked)
  claimFolder(elsewhere, unprivilegedAccount(elsewhere), 0o700)
  if (!told.has(asked)) {
    process.stderr.write(
      `The database server's data for ${asked} is kept in ${elsewhere}: ${why}.\n`,
    )
  }
  told.add(asked)
  return elsewhere
}

function layOut(home: string): Home {
  const data = path.join(home, 'data')
  const socket = path.join(home, 'run')
  const account = unprivilegedAccount(data)
  for (const folder of [home, socket]) {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
    if (account) fs.chownSync(folder, account.uid, account.gid)
    else if (fs.statSync(folder).uid !== process.getuid?.()) {
      throw new Error(`${folder} belongs to another account: was the lab started as root before?`)
    }
  }
  return { home, data, socket, log: path.join(home, 'server.log'), account }
}

/** The account itself tries, so that every kind of permission counts. */
function reachable(folder: string, account: Account): boolean {
  if (!account) return true
  const { uid, gid } = account
  return spawnSync('/bin/sh', ['-c', 'cd "$0"', folder], { uid, gid, cwd: '/' }).status === 0
}

/**
 * The data folder, made by `make` unless the file or folder `mark` says that it is there.
 * It is made beside and renamed: what was interrupted leaves no half of one behind.
 */
export async function makeData(
  { home, data, account }: Home,
  mark: string,
  make: (beside: string) => Promise<void>,
): Promise<void> {
  const isMade = () => fs.existsSync(path.join(data, mark))
  if (isMade()) return
  sweepInterrupted(home)
  const beside = fs.mkdtempSync(path.join(home, `init-${process.pid}-`))
  if (account) fs.chownSync(beside, account.uid, account.gid)
  try {
    await make(beside)
    fs.renameSync(beside, data)
  } catch (error) {
    fs.rmSync(beside, { recursive: true, force: true })
    // Somebody else was quicker: their data is as good as ours.
    if (!isMade()) throw error
  }
}

function sweepInterrupted(home: string): void {
  for (const name of fs.readdirSync(home)) {
    const pid = Number(/^init-(\d+)-/.exec(name)?.[1] ?? NaN)
    if (Number.isNaN(pid) || isAlive(pid)) continue
    fs.rmSync(path.join(home, name), { recursive: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
