import type { Config } from './config.ts'
import type { Catalog } from './core/catalog/catalog.ts'
import type { ChannelSettings } from './notify/senders.ts'

/** Where messages go, by the environment and by the catalog as it is when one leaves. */
export const channelsOf = (config: Config, catalog: () => Catalog): ChannelSettings => ({
  publicUrl: config.PUBLIC_URL,
  webhook: config.NOTIFY_WEBHOOK_URL,
  webhookSecrets: config.NOTIFY_WEBHOOK_SECRET?.split(' ') ?? [],
  slack: config.NOTIFY_SLACK_URL,
  mail:
    config.SMTP_URL && config.NOTIFY_FROM
      ? { url: config.SMTP_URL, from: config.NOTIFY_FROM }
      : undefined,
  teamWebhook: (team) => catalog().teams.get(team)?.notify.webhook ?? null,
  now: () => new Date(),
})
