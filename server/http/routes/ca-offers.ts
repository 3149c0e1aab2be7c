import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { CaOffers, CaUpload } from '../../contract/ca-offer.ts'
import { Problem } from '../../contract/problem.ts'
import { ById, Nothing } from '../../contract/scalar.ts'
import type { Offers } from '../../core/trust/offers.ts'
import { viewOffers } from '../view-ca-offers.ts'

/** The longest file, as JSON, whatever its characters take: six bytes at most. */
const BODY_LIMIT = 3_100_000

/** For administrators: CA bundles that were given or fetched, what they would change, and the decision. */
export const caOffers =
  (offers: Offers): FastifyPluginAsyncTypebox =>
  async (app) => {
    const view = () => viewOffers(offers)
    const response = { 200: CaOffers, default: Problem }

    app.get('/', {
      schema: { summary: 'CA bundles that wait, and those that were accepted', response },
      handler: view,
    })

    app.post('/', {
      bodyLimit: BODY_LIMIT,
      schema: { summary: 'Offer a CA bundle; nothing of it is used yet', body: CaUpload, response },
      handler: async ({ actor, body }) => {
        await offers.upload(actor, body.pem)
        return view()
      },
    })

    app.post('/refresh', {
      schema: {
        summary: 'Fetch the truststores of AWS and offer what is new',
        body: Nothing,
        response,
      },
      handler: async ({ actor }) => {
        await offers.refresh(actor)
        return view()
      },
    })

    app.post('/:id/accept', {
      schema: { summary: 'Trust it from now on', params: ById, body: Nothing, response },
      handler: async ({ actor, params }) => {
        await offers.accept(actor, params.id)
        return view()
      },
    })

    app.post('/:id/refuse', {
      schema: { summary: 'Do not trust it', params: ById, body: Nothing, response },
      handler: async ({ actor, params }) => {
        await offers.refuse(actor, params.id)
        return view()
      },
    })
  }
