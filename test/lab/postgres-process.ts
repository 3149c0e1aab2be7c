import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import type { Socket } from 'node:net'
import type { Account } from './unprivileged.ts'

export type Supervised = {
  /** The server's own process id, once known. */
  pid(): number | undefined
  gone(): boolean
  /** A fast shutdown: sessions are ended, what was committed is safe. */
  stop(): Promise<void>
}

/**
 * The shell holds the reading end of a pipe whose writing end is ours alone.
 * When this process ends, in whatever way, `cat` ends too and PostgreSQL is told to shut down.
 */
const SUPERVISOR = `
"$@" </dev/null 3<&- 4>&- & server=$!
echo $server >&4; exec 4>&-
(cat >/dev/null; kill -INT $server 2>/dev/null) <&3 & watch=$!
wait $server; status=$?
kill $watch 2>/dev/null
exit $status`

/** Starts PostgreSQL in a session of its own, so that a Ctrl-C in the terminal reaches us first. */
export function superviseServer(command: readonly string[], log: string, account: Account) {
  const output = fs.openSync(log, 'a')
  const child = spawn('/bin/sh', ['-c', SUPERVISOR, 'sh', ...command], {
    ...(account && { uid: account.uid, gid: account.gid }),
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
