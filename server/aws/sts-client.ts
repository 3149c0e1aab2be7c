import { STSClient } from '@aws-sdk/client-sts'
import { CAP_PLACE, capAnswers } from './cap-answers.ts'

export type StsClients = (region: string) => STSClient

/** An AssumeRole answer is some 3 KiB, with the largest session token some 7. */
const LARGEST_ANSWER = 64 * 1024

/**
 * One client for each region, made at first use. Endpoint and credentials are the SDK's own business
 * (`AWS_ENDPOINT_URL_STS`, shared config, credential chain): what is not set here cannot override them.
 * Without them the endpoint is the region's, whose session tokens are valid in every region
 * (IAM user guide, "Manage AWS STS in an AWS Region").
 */
export function stsClients({ connect } = { connect: 1_000 }): StsClients {
  const clients = new Map<string, STSClient>()
  return (region) => {
    const known = clients.get(region)
    if (known) return known
    const client = new STSClient({
      region,
      // We retry ourselves: the SDK knows neither our time limit nor the circuit of a role.
      maxAttempts: 1,
      retryMode: 'standard',
      // Only the connection has its limit here, milliseconds. The whole attempt, body included, has one around it.
      requestHandler: { connectionTimeout: connect },
    })
    client.middlewareStack.add(capAnswers(LARGEST_ANSWER), CAP_PLACE)
    clients.set(region, client)
    return client
  }
}
