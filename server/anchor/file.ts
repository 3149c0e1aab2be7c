import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DeliveryError } from '../outgoing/delivery-error.ts'
import { keptInFile } from './kept-in-file.ts'
import type { Place, SignedCheckpoint } from './place.ts'

/**
 * One JSON line for each checkpoint, `{"size":…,"note":"…"}`, at the end of a file that only its owner reads.
 * The file is opened anew each time: one that was moved away by a rotation is not written to any more, and none is ever cut.
 */
export function filePlace(path: string): Place {
  let busy: Promise<unknown> | null = null
  return {
    every: 5,
    recall: async ({ from }) => ({ notes: await keptInFile(path, from) }),
    put: async (checkpoint) => {
      // A file system that hangs must not take one thread after the other.
      if (busy) throw new DeliveryError({ code: 'still_writing' })
      const work = append(path, checkpoint)
      busy = work
      try {
        return await work
      } finally {
        busy = null
      }
    },
  }
}

async function append(path: string, { size, note }: SignedCheckpoint): Promise<string> {
  const file = await open(path, 'a+', 0o600)
  try {
    const { size: offset } = await file.stat()
    const last = Buffer.alloc(1)
    if (offset > 0) await file.read(last, 0, 1, offset - 1)
    // A line that a crash cut short stays as it is, and ours begins on its own.
    const gap = offset > 0 && last.toString() !== '\n' ? '\n' : ''
    await file.appendFile(`${gap}${JSON.stringify({ size, note })}\n`)
    await file.sync()
    if (offset === 0) await syncFolder(path)
    return `${path}#${offset + gap.length}`
  } finally {
    await file.close()
  }
}

/** The name of a new file is on the disk only once its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path))
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
