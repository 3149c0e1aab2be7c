import type { CaOffers } from '../contract/ca-offer.ts'
import type { CertificateFacts } from '../core/trust/certificate.ts'
import type { Offers } from '../core/trust/offers.ts'

export async function viewOffers(offers: Offers): Promise<CaOffers> {
  const { waiting, accepted } = await offers.list()
  return {
    overridden: offers.overridden,
    refresh: offers.canRefresh,
    waiting: waiting.map(({ id, origin, sha256, offeredAt, offeredBy, difference }) => ({
      id,
      origin,
      sha256,
      offeredAt: offeredAt.toISOString(),
      byPortal: offeredBy === null,
      added: difference.added.map(certificate),
      gone: difference.gone.map(certificate),
      same: difference.same.length,
      passedOver: difference.passedOver,
    })),
    accepted: accepted.map(({ id, origin, sha256, offeredAt, decidedAt }) => ({
      id,
      origin,
      sha256,
      offeredAt: offeredAt.toISOString(),
      decidedAt: (decidedAt ?? offeredAt).toISOString(),
    })),
  }
}

const certificate = ({ name, key, sha256, expiresAt }: CertificateFacts) => ({
  name,
  key,
  sha256,
  expiresAt: expiresAt.toISOString(),
})
