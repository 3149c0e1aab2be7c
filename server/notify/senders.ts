import { type Channel, type Configured, parseChannel } from '../core/notification/channel.ts'
import type { Delivery } from '../core/notification/ports.ts'
import { DeliveryError } from '../outgoing/delivery-error.ts'
import { type MailSettings, sendMail } from './email.ts'
import { postSlack } from './slack.ts'
import { postWebhook } from './webhook.ts'

/** Brings one message to its channel; throws when it did not arrive, DeliveryError or what Node throws. */
export type Send = (delivery: Delivery, signal: AbortSignal) => Promise<void>

export type ChannelSettings = {
  publicUrl: string
  webhook?: string | undefined
  webhookSecrets: readonly string[]
  slack?: string | undefined
  mail?: Omit<MailSettings, 'publicUrl'> | undefined
  /** The webhook of a team as the catalog says it now: one that was mended there is used at the next attempt. */
  teamWebhook: (team: string) => string | null
  now: () => Date
}

/** Every channel that the settings give, behind one function. What lacks its settings fails, and is tried again. */
export function makeSend(settings: ChannelSettings): Send {
  const { publicUrl, webhookSecrets: secrets, now } = settings
  const webhook = secrets.length > 0 ? postWebhook({ publicUrl, secrets, now }) : null
  const slack = postSlack(publicUrl)
  const mail = settings.mail ? sendMail({ publicUrl, ...settings.mail }) : null
  const ways: Record<Channel['kind'], (target: string) => [Way | null, string | null | undefined]> =
    {
      webhook: () => [webhook, settings.webhook],
      'team-webhook': (team) => [webhook, settings.teamWebhook(team)],
      slack: () => [slack, settings.slack],
      email: (address) => [mail, address],
    }
  return async (delivery, signal) => {
    const channel = parseChannel(delivery.channel)
    const [way, address] = channel ? ways[channel.kind](channel.target) : [null, null]
    if (!way || !address) throw new DeliveryError({ code: 'not_configured' })
    await way(address, delivery, signal)
  }
}

type Way = (address: string, delivery: Delivery, signal: AbortSignal) => Promise<void>

export const configuredOf = ({ webhook, slack, mail }: ChannelSettings): Configured => ({
  webhook: webhook !== undefined,
  slack: slack !== undefined,
  email: mail !== undefined,
})
