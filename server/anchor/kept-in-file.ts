import { type FileHandle, open } from 'node:fs/promises'
import { readCheckpoint } from '../core/audit/checkpoint.ts'
import { readNotes } from '../core/audit/read-notes.ts'

/** Bytes of the end that are read whole: some thousand checkpoints, or hours of them. */
const TAIL = 1_048_576
/** Of what is before that, a look at so many places, each long enough for a whole line. */
const SAMPLES = 200
const LOOK = 4_096

/**
 * The notes in an anchor file of `from` events and more. Of a file that is large, all near its end and some from everywhere:
 * how long it takes does not grow with the years. Throws as the system does.
 */
export async function keptInFile(path: string, from: number): Promise<string[]> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const tail = Math.max(0, size - TAIL)
    const notes = [readNotes(await read(file, tail, size - tail))]
    const isEnough = notes[0]!.some((note) => sizeOf(note) < from)
    for (let place = 0; place < SAMPLES && tail > 0 && !isEnough; place++)
      notes.push(readNotes(await read(file, Math.floor((place * tail) / SAMPLES), LOOK)))
    return notes.flat().filter((note) => sizeOf(note) >= from)
  } finally {
    await file.close()
  }
}

/** Whole lines only: what a look begins or ends within is no line. */
async function read(file: FileHandle, position: number, length: number): Promise<string> {
  const buffer = Buffer.alloc(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  const text = buffer.toString('utf8', 0, filled)
  const begin = position === 0 ? 0 : text.indexOf('\n') + 1
  return text.slice(begin, text.lastIndexOf('\n') + 1)
}

/** What is no checkpoint is passed on: that it cannot be read is a finding. */
function sizeOf(note: string): number {
  try {
    return readCheckpoint(note).size
  } catch {
    return Infinity
  }
}
