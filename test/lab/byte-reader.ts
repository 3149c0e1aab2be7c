import type { Duplex } from 'node:stream'

/** The connection ended before as many bytes came as were asked for. */
export class EndedError extends Error {
  override readonly name = 'EndedError'
}

/** Waits for exactly `size` bytes and takes no byte more. @throws EndedError */
export function readBytes(stream: Duplex, size: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (stream.destroyed) return finish(() => reject(new EndedError()))
      // At the end of a stream `read` hands out less than was asked for.
      const bytes = stream.read(size) as Buffer | null
      if (bytes?.length === size) finish(() => resolve(bytes))
      else if (bytes !== null || stream.readableEnded) finish(() => reject(new EndedError()))
    }
    const give = () => finish(() => reject(new EndedError()))
    const finish = (settle: () => void) => {
      stream.off('readable', look).off('end', give).off('close', give).off('error', give)
      settle()
    }
    stream.on('readable', look).on('end', give).on('close', give).on('error', give)
    look()
  })
}
