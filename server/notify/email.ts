import { createHash } from 'node:crypto'
import nodemailer from 'nodemailer'
import { isMailAddress, parseMailbox } from '../core/catalog/mail-address.ts'
import type { Delivery } from '../core/notification/ports.ts'
import { within } from '../outgoing/deadline.ts'
import { DeliveryError, failureOf } from '../outgoing/delivery-error.ts'
import { linkTo, wordsOf } from './message-text.ts'
import { isLoopback } from '../outgoing/reachable.ts'

export type MailSettings = {
  publicUrl: string
  /** `smtp://user:password@host:587` or `smtps://…:465`. */
  url: string
  /** `Latchkey <latchkey@example.com>`. */
  from: string
}

/** From the connection to the server's last word, milliseconds. */
const PATIENCE = 20_000

/**
 * Sends one message to one address, as plain text.
 * Its Message-ID is the same at every attempt, so that a mailbox can tell a repetition.
 * Throws DeliveryError; an address that is none is refused for good.
 */
export function sendMail({ publicUrl, url, from }: MailSettings) {
  const transport = nodemailer.createTransport(transportOf(new URL(url)))
  const sender = parseMailbox(from)
  const { hostname } = new URL(publicUrl)
  return async (address: string, delivery: Delivery, signal: AbortSignal): Promise<void> => {
    if (!sender) throw new DeliveryError({ code: 'not_configured' })
    if (!isMailAddress(address))
      throw new DeliveryError({ code: 'address_invalid', permanent: true })
    const { outboxId, requestId } = delivery
    const { subject, text } = mailText(publicUrl, delivery)
    try {
      await within(PATIENCE, signal, (signal) =>
        transport.sendMail({
          from: sender,
          to: { name: '', address },
          // Whom it reaches is said here and nowhere else: no header can add somebody.
          envelope: { from: sender.address, to: [address] },
          subject,
          text,
          messageId: `<${outboxId}.${sha256(address).slice(0, 16)}@${hostname}>`,
          // The mails of one request stand together.
          references: `<${requestId}@${hostname}>`,
          headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
          disableFileAccess: true,
          disableUrlAccess: true,
          signal,
        }),
      )
    } catch (error) {
      throw new DeliveryError(mailFailure(error))
    }
  }
}

export function mailText(publicUrl: string, { topic, text, requestId }: Delivery) {
  const { sentence, facts } = wordsOf(topic, text)
  return {
    subject: sentence,
    text: [
      sentence,
      '',
      linkTo(publicUrl, requestId),
      '',
      ...facts.map(({ label, value }) => `${label}: ${value}`),
      '',
    ].join('\n'),
  }
}

/** A password travels encrypted or not at all; without one TLS is used where the server offers it. */
function transportOf({ protocol, hostname, port, username, password }: URL) {
  const secure = protocol === 'smtps:'
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (secure ? 465 : 587),
    secure,
    requireTLS: !secure && username !== '' && !isLoopback(hostname),
    ...(username !== '' && {
      auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) },
    }),
    dnsTimeout: 5_000,
    connectionTimeout: 5_000,
    greetingTimeout: 5_000,
    socketTimeout: 10_000,
    logger: false,
  }
}

/** The server's number says more than nodemailer's word for it. */
function mailFailure(error: unknown) {
  const { responseCode } = error as { responseCode?: unknown }
  return typeof responseCode === 'number' ? { code: `smtp_${responseCode}` } : failureOf(error)
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
