import { buildApp } from '../../server/app.ts'
import type { Permission } from '../../server/http/permission.ts'
import { openStore } from '../../server/store/store.ts'
import { CATALOG, catalogOf, partsOf, type Portal } from './portal.ts'
import type { Schema } from './scalars.ts'

export const PLACES = ['params', 'querystring', 'body'] as const
export type Place = (typeof PLACES)[number]

/** `route` is its name in tests: `POST /api/grants/:id/end`. */
export type Declared = {
  route: string
  method: string
  url: string
  permission: Permission
  schemas: Partial<Record<Place, Schema>>
}

/** The routes of the portal, before there is a portal: vitest wants the names of tests before it runs any. */
export async function collectRoutes(): Promise<Declared[]> {
  const store = openStore('postgres://nobody@127.0.0.1:1/nowhere')
  const app = await buildApp(
    await partsOf({
      store,
      lines: [] as string[],
      catalog: catalogOf(CATALOG),
      keyLimits: { longest: 1, signInAge: 1 },
    } as Portal),
  )
  await app.ready()
  const routes = routesOf(app.declaredRoutes)
  await app.close()
  await store.close()
  return routes
}

type Routes = Portal['app']['declaredRoutes']

/** Without HEAD, which is GET without a body to look at. */
export function routesOf(declared: Routes): Declared[] {
  const routes = declared.flatMap(({ method, url: address, schema, config }) =>
    [method].flat().map((verb): Declared => {
      const url = address.replace(/(.)\/$/, '$1')
      const { params, querystring, body } = (schema ?? {}) as Declared['schemas']
      return {
        route: `${verb} ${url}`,
        method: verb,
        url,
        permission: config?.permission ?? 'public',
        schemas: {
          ...(params && { params }),
          ...(querystring && { querystring }),
          ...(body && { body }),
        },
      }
    }),
  )
  const byName = new Map(routes.map((each) => [each.route, each]))
  return [...byName.values()].filter(({ method }) => method !== 'HEAD')
}
