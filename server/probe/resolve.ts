import { lookup } from 'node:dns/promises'
import type { Resolve } from '../core/health/ports.ts'

/** As this machine looks names up when it connects, hosts file and search domains included. */
export const resolveHost: Resolve = async (host) => {
  try {
    const found = await lookup(host.replace(/^\[(.*)\]$/, '$1'), { all: true })
    return found.map(({ address }) => address)
  } catch {
    return null
  }
}
