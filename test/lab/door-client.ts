import { connect } from 'node:net'
import { CANCEL_REQUEST } from './startup-packet.ts'

/** What a client sends, on a connection of its own, to have a query cancelled. */
export function cancelThroughDoor(port: number, processId: number, key: number): Promise<void> {
  const request = Buffer.alloc(16)
  ;[16, CANCEL_REQUEST, processId, key].forEach((word, i) => request.writeInt32BE(word, i * 4))
  return new Promise((resolve, reject) => {
    connect(port, '127.0.0.1')
      .on('error', reject)
      .on('close', () => resolve())
      .end(request)
  })
}
