import { MAIL_ADDRESS } from './mail-address.ts'
import { refine } from './shape.ts'
import { object } from './shape-object.ts'
import { text } from './shape-text.ts'

const WEBHOOK_EXAMPLE = 'https://hooks.example.com/latchkey'

/** An address only: the catalog lies in git, and what signs the messages is configured with the portal. */
const webhook = refine(
  text({
    about: 'Takes a signed message (Standard Webhooks) of all that happens to the requests.',
    examples: [WEBHOOK_EXAMPLE],
    longest: 1000,
    pattern: /^https:\/\/[^\s/?#@\\]+(?:[/?][^\s#\\]*)?$/u,
    fault: 'is no https address',
    mend: (written) =>
      /^https:\/\/[^/]*@/u.test(written)
        ? 'leave out what stands before the @: nothing secret belongs in this file'
        : `write the whole address, for example ${WEBHOOK_EXAMPLE}`,
  }),
  (written) =>
    URL.canParse(written)
      ? { value: written }
      : { message: `${written} is no address`, mend: `write, for example, ${WEBHOOK_EXAMPLE}` },
)

export const notify = object(
  {
    about: "Where what happens to this team's requests is told, besides the portal's own channels.",
    example: '{ email: payments-leads@example.com }',
  },
  {
    webhook: { shape: webhook },
    email: {
      shape: text({
        about: 'A mail address, of a list for instance.',
        examples: ['payments-leads@example.com'],
        longest: 254,
        pattern: MAIL_ADDRESS,
        fault: 'is no mail address',
        mend: () => 'write one address and nothing else, for example payments-leads@example.com',
      }),
    },
  },
)
