import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Problem } from '../../contract/problem.ts'
import { Account, Me } from '../../contract/me.ts'
import { isAdministrator, mayReadAudit } from '../../core/access/policy.ts'
import type { Catalog } from '../../core/catalog/catalog.ts'
import type { ShowAccount } from '../../core/person/show-account.ts'

export const me =
  (showAccount: ShowAccount, catalog: () => Catalog): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/', {
      schema: { summary: 'Who is signed in', response: { 200: Me, default: Problem } },
      handler: async ({ actor, session }) => ({
        id: actor.personId,
        name: actor.name,
        email: actor.email,
        isAuditor: mayReadAudit(catalog(), actor.groups),
        isAdministrator: isAdministrator(catalog(), actor.groups),
        now: session.now.toISOString(),
        sessionEndsAt: session.endsAt.toISOString(),
      }),
    })

    app.get('/account', {
      schema: {
        summary: 'What the provider said at sign-in, and what the catalog made of it',
        response: { 200: Account, default: Problem },
      },
      handler: async ({ actor }) => {
        const { signedInAt, endsAt, idleEndsAt, ...account } = await showAccount(actor)
        return {
          ...account,
          signedInAt: signedInAt.toISOString(),
          sessionEndsAt: endsAt.toISOString(),
          idleEndsAt: idleEndsAt.toISOString(),
        }
      },
    })
  }
