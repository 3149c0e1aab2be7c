import { randomUUID } from 'node:crypto'
import type { WrittenCatalog } from './core/catalog/catalog.ts'
import { makeFollowCatalog } from './core/inventory/follow-catalog.ts'
import { makeLookAround } from './core/inventory/look-around.ts'
import type { InventoryStore, ReadPlace } from './core/inventory/ports.ts'

type Deps = {
  /** The catalog in force; asked only once there is one. */
  written: () => WrittenCatalog
  readPlace: ReadPlace
  store: InventoryStore
  warn: (details: object, message: string) => void
}

/** The catalog in force with what it follows in RDS, and the readings that it comes from. */
export function followInventory({ written, readPlace, store, warn }: Deps) {
  const lookAround = makeLookAround({ roles: () => written().inventory, readPlace, store, warn })
  const catalog = makeFollowCatalog({ inventory: lookAround.inventory, store, newId: randomUUID })
  const follow = async (chosen: WrittenCatalog) => {
    await lookAround.reload()
    await catalog.follow(chosen)
  }
  return {
    /** Before a catalog comes into force. */
    take: follow,
    /** What any portal has read since. */
    followNow: () => follow(written()),
    /** Reads all places, and follows. Joined while it is running. */
    lookNow: async () => {
      await lookAround.lookNow()
      if (!lookAround.stopped()) await catalog.follow(written())
    },
    running: lookAround.running,
    stop: lookAround.stop,
    written,
    current: () => catalog.current(written()),
    resolution: () => catalog.resolution(written()),
    inventory: () => lookAround.inventory(written().inventory),
  }
}
