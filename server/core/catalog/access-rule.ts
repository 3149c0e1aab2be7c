import safeRegex from 'safe-regex2'
import {
  durationText,
  DURATION,
  guessDuration,
  LONGEST,
  parseDuration,
  SHORTEST,
} from './duration.ts'
import { groups } from './group.ts'
import { NAME } from './name.ts'
import { refine } from './shape.ts'
import { list } from './shape-list.ts'
import { object, type Read } from './shape-object.ts'
import { choice, integer, text } from './shape-text.ts'

const duration = (about: string) =>
  refine(
    text({
      about,
      examples: ['8h', '30m', '2d', '1h30m'],
      pattern: DURATION,
      fault: 'is no duration',
      mend: (written) => `write ${guessDuration(written) ?? '8h, 30m, 2d or 1h30m'}`,
    }),
    (written) => {
      const seconds = parseDuration(written) ?? 0
      if (seconds >= SHORTEST && seconds <= LONGEST) return { value: seconds }
      const limits = `${durationText(SHORTEST)} to ${durationText(LONGEST)}`
      return { message: `${written} is out of bounds`, mend: `write a duration from ${limits}` }
    },
  )

const reference = (what: string, example: string) =>
  text({
    about: `A ${what} of this file, by its name.`,
    examples: [example],
    longest: 63,
    pattern: NAME,
    fault: `is not the name of a ${what}`,
    mend: () => `write a name that stands under ${what}s:`,
  })

/** The people that decide are named by SSO group, as everywhere. */
const approval = object(
  {
    about: 'Who approves, and how many of them.',
    example: '{ groups: [payments-leads], count: 1 }',
  },
  {
    groups: {
      shape: groups('Whoever is in one of these SSO groups may approve.', { filled: true }),
      need: '[payments-leads]',
    },
    count: { shape: integer('How many have to approve; 1 unless said.', 1, 20) },
    within: {
      shape: duration('How long a request waits for them before it lapses; 24h unless said.'),
    },
  },
)

/** A pattern that a hostile reason could make slow is refused: it is matched while somebody waits. */
const reasonPattern = refine(
  text({
    about: 'What a reason has to match, as a whole: a ticket number, for instance.',
    examples: ['[A-Z]+-[0-9]+: .+'],
  }),
  (written) => {
    const mend = 'write, for example, [A-Z]+-[0-9]+: .+'
    try {
      new RegExp(`^(?:${written})$`, 'u')
    } catch (error) {
      return { message: `is no regular expression: ${(error as Error).message}`, mend }
    }
    if (safeRegex(written, { limit: 25 })) return { value: written }
    return { message: 'can take very long on some texts', mend: 'do not repeat what is repeated' }
  },
)

const emergency = object(
  {
    about: 'Break glass: opens at once without the approval, loudly, and is reviewed afterwards.',
    example: '{ duration: 30m }',
  },
  { duration: { shape: duration('The longest window in an emergency.'), need: '30m' } },
)

export const accessRule = object(
  {
    about: 'A team may use a database user of these databases, on these terms.',
    example: '{ team: payments, databases: [orders], user: orders_reader, duration: 8h }',
  },
  {
    team: { shape: reference('team', 'payments'), need: 'payments, a name under teams:' },
    databases: {
      shape: list(reference('database', 'orders'), {
        about: 'The databases, by their names.',
        example: '[orders]',
        filled: true,
        identity: (name) => name,
      }),
      need: '[orders], names under databases:',
    },
    user: {
      shape: text({
        about: 'The database user that a token opens, in the capitals that the database keeps.',
        examples: ['orders_reader'],
        longest: 128,
        // Alone it looks like "any user"; in a name it is a character like others.
        pattern: /^(?!\*$)/u,
        fault: 'is no database user, and there is no wildcard for users',
        mend: (written) =>
          written === '*'
            ? 'write a rule for each database user'
            : `put it in quotes: "${written}"`,
      }),
      need: 'orders_reader, the database user that a token opens',
    },
    duration: { shape: duration('The longest window one may ask for: 1m to 30d.'), need: '8h' },
    reason: {
      shape: choice('Whether one has to say why. optional unless said.', ['required', 'optional'], {
        true: 'required',
        yes: 'required',
        false: 'optional',
        no: 'optional',
      }),
    },
    reasonPattern: { shape: reasonPattern },
    approval: { shape: approval },
    emergency: { shape: emergency },
  },
)

export type ReadRule = Read<typeof accessRule>
