import fs from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { supervise } from './supervise.ts'

export type PortalProcess = {
  /** Settles when it has ended, for whatever reason. */
  ended: Promise<void>
  stop(): Promise<void>
}

type Wish = {
  /** The compiled `cli.js`. */
  program: string
  log: string
  /** All of its environment: nothing of ours leaks into it. */
  env: Record<string, string>
  port: number
}

const READY_LIMIT = 60_000
/** The portal promises to stop within ten seconds. */
const STOP_LIMIT = 15_000

/** Starts the portal as an operator would, and waits until it says that it is ready. @throws Error with the end of its log */
export async function startPortal({ program, log, env, port }: Wish): Promise<PortalProcess> {
  fs.rmSync(log, { force: true })
  const server = supervise([process.execPath, program, 'start'], { log, env, signal: 'TERM' })
  const stop = async () => {
    const late = setTimeout(() => kill(server.pid()), STOP_LIMIT)
    await server.stop()
    clearTimeout(late)
  }
  const deadline = Date.now() + READY_LIMIT
  while (!(await isReady(port))) {
    if (server.gone()) throw new Error(`The portal did not start:\n${lastLines(log)}`)
    if (Date.now() > deadline) {
      await stop()
      throw new Error(`The portal is not ready after a minute:\n${lastLines(log)}`)
    }
    await sleep(100)
  }
  // Whatever answered, it was not ours if ours is gone.
  if (server.gone()) throw new Error(`The portal did not start:\n${lastLines(log)}`)
  return { ended: server.ended, stop }
}

function kill(pid: number | undefined): void {
  if (pid !== undefined) process.kill(pid, 'SIGKILL')
}

async function isReady(port: number): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(2_000)
    const response = await fetch(`http://127.0.0.1:${port}/readyz`, { signal })
    await response.body?.cancel()
    return response.status === 200
  } catch {
    return false
  }
}

export const lastLines = (log: string) =>
  fs.readFileSync(log, 'utf8').trimEnd().split('\n').slice(-15).join('\n')
