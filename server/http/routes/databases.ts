import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Problem } from '../../contract/problem.ts'
import { ByName } from '../../contract/scalar.ts'
import { Databases } from '../../contract/database.ts'
import type { Access } from '../../core/access/index.ts'
import { viewDatabases } from '../view.ts'

export const databases =
  (access: Access): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/', {
      schema: {
        summary: 'The databases that my teams may reach',
        response: { 200: Databases, default: Problem },
      },
      handler: async ({ actor }) => viewDatabases(await access.listDatabases(actor)),
    })

    app.get('/:name', {
      schema: {
        summary: 'One of them',
        params: ByName,
        response: { 200: Databases, default: Problem },
      },
      handler: async ({ actor, params }) =>
        viewDatabases(await access.showDatabase(actor, params.name)),
    })
  }
