import { DomainError } from '../core/error.ts'
import type { FetchTruststore } from '../core/trust/offer-ports.ts'

/** Amazon RDS user guide, "Using SSL/TLS to encrypt a connection": the global bundle of each partition. */
export const TRUSTSTORES: Record<Parameters<FetchTruststore>[0], string> = {
  aws: 'https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem',
  'aws-us-gov': 'https://truststore.pki.us-gov-west-1.rds.amazonaws.com/global/global-bundle.pem',
  'aws-cn': 'https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/global/global-bundle.pem',
}

type Options = { fetch?: typeof fetch; bytes?: number; milliseconds?: number }

/** Fetches by https, from these addresses alone, following nothing; never more than `bytes`, in no more than `milliseconds`. */
export const makeFetchTruststore =
  ({
    fetch: get = fetch,
    bytes = 2_000_000,
    milliseconds = 10_000,
  }: Options = {}): FetchTruststore =>
  async (partition) => {
    try {
      const answer = await get(TRUSTSTORES[partition], {
        redirect: 'error',
        signal: AbortSignal.timeout(milliseconds),
        headers: { accept: 'application/x-pem-file, */*' },
      })
      if (answer.status !== 200) throw new Error(`It answered ${answer.status}`)
      return await readBounded(answer, bytes)
    } catch (cause) {
      throw new DomainError('upstream', `The truststore of ${partition} could not be fetched.`, {
        reason: 'truststore_unreachable',
        mend: 'Try again, or download the file elsewhere and give it here.',
        cause,
      })
    }
  }

/** What is said about the length is not believed: the bytes are counted as they come. */
async function readBounded(answer: Response, most: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of answer.body ?? []) {
    length += (chunk as Uint8Array).length
    if (length > most) throw new Error(`It is longer than ${most} bytes`)
    chunks.push(chunk as Uint8Array)
  }
  return Buffer.concat(chunks).toString('utf8')
}
