import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import type { Socket } from 'node:net'
import type { Account } from './unprivileged.ts'

export type Supervised = {
  /** The server's own process id, once known. */
  pid(): number | undefined
  gone(): boolean
  /** Settles when it has ended, for whatever reason. */
  ended: Promise<void>
  /** Asks it to stop, and waits until it has. */
  stop(): Promise<void>
}

/**
 * The shell holds the reading end of a pipe whose writing end is ours alone.
 * When this process ends, in whatever way, `cat` ends too and the server is told to stop.
 */
const SUPERVISOR = `
signal=$1; shift
"$@" </dev/null 3<&- 4>&- & server=$!
echo $server >&4; exec 4>&-
(cat >/dev/null; kill -$signal $server 2>/dev/null) <&3 & watch=$!
wait $server; status=$?
kill $watch 2>/dev/null
exit $status`

type Wish = {
  /** Its output is appended here. */
  log: string
  account?: Account | undefined
  env?: NodeJS.ProcessEnv
  /** What tells it to stop: INT is PostgreSQL's fast shutdown. */
  signal: 'INT' | 'TERM'
}

/** Starts a server in a session of its own, so that a Ctrl-C in the terminal reaches us first. */
export function supervise(command: readonly string[], wish: Wish): Supervised {
  const output = fs.openSync(wish.log, 'a', 0o600)
  const child = spawn('/bin/sh', ['-c', SUPERVISOR, 'sh', wish.signal, ...command], {
    ...(wish.account && { uid: wish.account.uid, gid: wish.account.gid }),
    ...(wish.env && { env: wish.env }),
    cwd: '/',
    stdio: ['ignore', output, output, 'pipe', 'pipe'],
    detached: true,
  })
  fs.closeSync(output)
  return watch(child)
}

function watch(child: ChildProcess): Supervised {
  const lifeline = child.stdio[3] as Socket
  const report = child.stdio[4] as Socket
  let pid = ''
  let gone = false
  const exited = new Promise<void>((resolve) => {
    const end = () => {
      gone = true
      lifeline.destroy()
      resolve()
    }
    child.once('exit', end)
    child.once('error', end)
  })
  lifeline.on('error', () => undefined)
  report.on('error', () => undefined).on('data', (chunk: Buffer) => (pid += chunk.toString()))
  for (const handle of [child, lifeline, report]) handle.unref()
  return {
    pid: () => (pid.endsWith('\n') ? Number(pid) : undefined),
    gone: () => gone,
    ended: exited,
    stop() {
      // Whoever awaits the end must not see the event loop run dry before it.
      if (!gone) child.ref()
      lifeline.end()
      return exited
    },
  }
}

/** Runs a program to its end. @throws Error with the last of what it said on stderr */
export function runProgram(program: string, args: readonly string[], account: Account) {
  return new Promise<void>((resolve, reject) => {
    const child = spawn(program, args, {
      ...(account && { uid: account.uid, gid: account.gid }),
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
    child.once('error', reject)
    child.once('close', (status) => {
      if (status === 0) resolve()
      else reject(new Error(`${program} failed: ${said.trim().slice(-600)}`))
    })
  })
}
