import { connect } from 'node:net'
import { isMySql } from '../core/catalog/catalog.ts'
import type { LookAt } from '../core/trust/probe-ports.ts'
import { shakeHands } from './handshake.ts'
import { askMySql } from './mysql.ts'
import { askPostgres } from './postgres.ts'
import { failureOf, ProbeError } from './probe-error.ts'
import { opened } from './receive.ts'

/**
 * Connects to where the catalog says, asks for TLS as a client of that engine does, shakes hands and goes.
 * No name, no password, no query.
 * @param milliseconds for all of it
 */
export const makeLookAt =
  (milliseconds = 5_000): LookAt =>
  async ({ database, endpoint }, ca) => {
    const { signing, dial } = endpoint
    const socket = connect({ host: dial.host.replace(/^\[(.*)\]$/, '$1'), port: dial.port })
    // Whoever waits hears of it first; later nobody needs to.
    socket.on('error', () => {})
    let late = false
    const timer = setTimeout(() => {
      late = true
      socket.destroy(new ProbeError('timeout'))
    }, milliseconds)
    try {
      await opened(socket)
      await (isMySql(database.engine) ? askMySql : askPostgres)(socket)
      return await shakeHands(socket, signing.host, ca)
    } catch (error) {
      return { outcome: 'failed', code: late ? 'timeout' : failureOf(error) }
    } finally {
      clearTimeout(timer)
      socket.destroy()
    }
  }
