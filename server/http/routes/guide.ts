import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Guide, GuideChoices, GuideWish } from '../../contract/guide.ts'
import { Problem } from '../../contract/problem.ts'
import type { Catalog } from '../../core/catalog/catalog.ts'
import { DomainError } from '../../core/error.ts'
import type { Inventory } from '../../core/inventory/found.ts'
import { makeGuide } from '../../core/setup/guide.ts'
import { choicesView } from '../view-guide.ts'

export type GuideParts = {
  /** What was found in RDS. */
  inventory: () => Inventory
  /** ARN of the role or user that the portal works as; null where AWS does not say. */
  portalPrincipal: () => Promise<string | null>
  newId: () => string
}

/** For administrators: what it takes to add a database. It is written, and nothing is done: no state changes here. */
export const guide =
  (
    { inventory, portalPrincipal, newId, publicUrl }: GuideParts & { publicUrl: string },
    catalog: () => Catalog,
  ): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/guide/choices', {
      schema: {
        summary: 'What a guide can begin with: databases, teams, and the portal itself',
        response: { 200: GuideChoices, default: Problem },
      },
      handler: async () => ({
        ...choicesView(catalog(), inventory()),
        portal: await portalPrincipal(),
        externalId: newId(),
      }),
    })

    app.post('/guide', {
      schema: {
        summary: 'How to add one database: every step, in each form that it has',
        body: GuideWish,
        response: { 200: Guide, default: Problem },
      },
      handler: async ({ body }) => written(body, publicUrl),
    })
  }

/** What is wrong is said at each field, so the problem as a whole only counts. */
function written(wish: GuideWish, publicUrl: string) {
  try {
    return makeGuide(wish, publicUrl)
  } catch (error) {
    if (!(error instanceof DomainError) || !error.fields) throw error
    const { code, mend, fields } = error
    const count = fields.length === 1 ? 'One field needs' : `${fields.length} fields need`
    throw new DomainError(code, `${count} another value.`, {
      ...(mend !== undefined && { mend }),
      reason: 'fields',
      fields,
    })
  }
}
