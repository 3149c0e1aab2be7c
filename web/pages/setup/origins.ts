import type { CaOffers } from '../../../server/contract/ca-offer.ts'

/** Where a bundle is from. */
export const ORIGINS: Record<CaOffers['accepted'][number]['origin'], string> = {
  upload: 'a file that an administrator gave',
  aws: 'the truststore of AWS',
  'aws-us-gov': 'the truststore of AWS GovCloud',
  'aws-cn': 'the truststore of AWS China',
}
