import { EXIT_CODES, type FindingCode, type Judgement } from '../core/audit/findings.ts'
import type { LogReport } from '../core/audit/log-to-verify.ts'
import type { ExportReport } from '../core/audit/verify-export.ts'

const MOST_LINES = 20

/** What a verification found, for a terminal. */
export const logText = (report: LogReport): string =>
  textOf(report, [
    report.size > report.from
      ? `${count(report.counted.rows, 'event')} from seq ${report.from} to ${report.size - 1}, each as it was sealed.`
      : `no event behind the first ${report.from}.`,
    `${count(report.counted.checkpoints, 'checkpoint')} signed, ${anchorsOf(report.counted)}.`,
    ...(report.counted.pruned > 0
      ? [
          `${count(report.counted.pruned, 'event')} dropped by age, as the log records; their hashes are there.`,
        ]
      : []),
    ...(report.counted.unsealed > 0
      ? [`${count(report.counted.unsealed, 'event')} of the last minute not sealed yet.`]
      : []),
    rootOf(report),
  ])

export const exportText = (report: ExportReport): string =>
  textOf(report, [
    `${count(report.counted.events, 'event')} of the log ${report.origin ?? ''}, each with a proof that it is among the ${report.size} that were signed.`,
    report.isWhole
      ? 'It is the whole log up to there: nothing is left out.'
      : 'That a filter left none out cannot be seen from an export; only one without a filter is whole.',
    `${anchorsOf(report.counted)}.`,
    rootOf(report),
  ])

function textOf(judgement: Judgement, good: string[]): string {
  const { outcome, findings, found } = judgement
  if (outcome === 'holds') return `The log holds.\n${good.map((line) => `  ${line}\n`).join('')}`
  const codes = (Object.keys(found) as FindingCode[]).filter((code) => found[code] > 0)
  const lines = codes.flatMap((code) => {
    const told = findings.filter((each) => each.code === code).slice(0, MOST_LINES)
    const more = found[code] - told.length
    return [
      `${WORDS[code]}:`,
      ...told.flatMap(({ text, evidence = [] }) => [
        `  ${text}`,
        ...evidence.flatMap((note) => note.trimEnd().split('\n')).map((line) => `    | ${line}`),
      ]),
      ...(more > 0 ? [`  and ${more} more`] : []),
    ]
  })
  return `The log does not hold: ${WORDS[outcome].toLowerCase()} (exit code ${EXIT_CODES[outcome]}).\n${lines.join('\n')}\n`
}

const WORDS: Record<FindingCode, string> = {
  altered: 'Altered',
  rolled_back: 'Rolled back',
  two_histories: 'Two histories',
  unsealed: 'Unsealed, cut off or a gap',
  wrong_key: 'Wrong key',
}

const count = (value: number, of: string) => `${value} ${of}${value === 1 ? '' : 's'}`

const anchorsOf = ({ anchors, anchorsPassed }: { anchors: number; anchorsPassed: number }) =>
  anchors === 0
    ? 'no anchor was given to compare with'
    : `${count(anchors - anchorsPassed, 'anchor')} agree${anchorsPassed > 0 ? `, ${anchorsPassed} could not be compared` : ''}`

const rootOf = ({ size, root }: { size: number; root: Buffer | null }) =>
  root ? `Root of ${count(size, 'event')}: ${root.toString('base64')}` : 'No root was signed.'
