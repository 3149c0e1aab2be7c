/** What a spreadsheet takes for the beginning of a formula (OWASP ASVS 5.0 1.2.10), full-width forms included. */
const FORMULA = /^[=+\-@\t\r\n\0＝＋－＠]/

/**
 * One line of a CSV file (RFC 4180), with its line end. Every cell is quoted; one that a spreadsheet would compute
 * gets an apostrophe before it, which spreadsheets do not show.
 */
export const csvLine = (cells: readonly (string | number | null)[]): string =>
  `${cells.map((cell) => `"${guard(cell === null ? '' : String(cell)).replaceAll('"', '""')}"`).join(',')}\r\n`

const guard = (text: string) => (FORMULA.test(text) ? `'${text}` : text)
