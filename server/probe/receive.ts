import type { Socket } from 'node:net'
import { ProbeError } from './probe-error.ts'

/** The next bytes. Whatever comes later waits in the socket. Throws what ends the connection, `cut` for a plain end. */
export const receive = (socket: Socket): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const done = (settle: () => void) => {
      socket.off('data', onData).off('error', onError).off('close', onClose).pause()
      settle()
    }
    const onData = (chunk: Buffer) => done(() => resolve(chunk))
    const onError = (error: Error) => done(() => reject(error))
    const onClose = () => done(() => reject(new ProbeError('cut')))
    socket.on('data', onData).on('error', onError).on('close', onClose).resume()
  })

/** Open, or what kept it from being. */
export const opened = (socket: Socket): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once('connect', resolve).once('error', reject)
  })
