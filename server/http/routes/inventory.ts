import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Inventory } from '../../contract/inventory.ts'
import { Looking } from '../../contract/probe.ts'
import { Problem } from '../../contract/problem.ts'
import { Nothing } from '../../contract/scalar.ts'
import type { WrittenCatalog } from '../../core/catalog/catalog.ts'
import type { Inventory as Known } from '../../core/inventory/found.ts'
import type { Resolution } from '../../core/inventory/resolve.ts'
import { viewInventory } from '../view-inventory.ts'

export type InventoryParts = {
  inventory: () => Known
  written: () => WrittenCatalog
  resolution: () => Pick<Resolution, 'catalog' | 'unresolved'>
  running: () => boolean
  /** Reads every place in the background; a round that is running already is joined. */
  lookNow: () => void
  now: () => Promise<Date>
}

/** For administrators: what there is in RDS, as far as the portal may look. */
export const inventory =
  (parts: InventoryParts): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/', {
      schema: {
        summary: 'What the portal has read of RDS, and what the catalog has otherwise',
        response: { 200: Inventory, default: Problem },
      },
      handler: async () =>
        viewInventory({
          inventory: parts.inventory(),
          written: parts.written(),
          resolution: parts.resolution(),
          running: parts.running(),
          now: await parts.now(),
        }),
    })

    app.post('/', {
      schema: {
        summary: 'Read RDS now: every account and region that the catalog has a role for',
        body: Nothing,
        response: { 202: Looking, default: Problem },
      },
      handler: async (_, reply) => {
        parts.lookNow()
        return reply.code(202).send({ running: true })
      },
    })
  }
