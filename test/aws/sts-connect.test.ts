import { spawn } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import { expect, test, vi } from 'vitest'
import { stsClients } from '../../server/aws/sts-client.ts'
import { aPortal, aWish } from './portal.ts'

const LISTENER = `
  const server = require('node:net').createServer()
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port))
`

/** A stopped process whose queue is full: the kernel lets further connections wait. Linux does; others may refuse. */
async function fullQueue() {
  const child = spawn(process.execPath, ['-e', LISTENER], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const port = Number(line)
  child.kill('SIGSTOP')
  const fillers = Array.from({ length: 4 }, () => net.connect(port, '127.0.0.1'))
  for (const filler of fillers) filler.on('error', () => {})
  await Promise.all(fillers.slice(0, 2).map((filler) => once(filler, 'connect')))
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () => {
      for (const filler of fillers) filler.destroy()
      child.kill('SIGKILL')
    },
  }
}

test.runIf(process.platform === 'linux')(
  'a connection that does not come about is tried three times, each within its own limit',
  async () => {
    const peer = await fullQueue()
    vi.stubEnv('AWS_ENDPOINT_URL_STS', peer.url)
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAFAKE')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'fake')
    try {
      const { assumeRole, slept } = aPortal({ clients: stsClients({ connect: 200 }) })
      await expect(assumeRole(aWish())).rejects.toMatchObject({
        code: 'timeout',
        reason: 'sts_timeout',
      })
      expect(slept).toHaveLength(2)
    } finally {
      vi.unstubAllEnvs()
      peer.stop()
    }
  },
)
