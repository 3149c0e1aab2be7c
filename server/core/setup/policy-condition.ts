import type { PolicyStatement } from './policy-document.ts'
import type { Tell } from './policy-problem.ts'

/** What AWS says by name that rds-db:connect does not support (Amazon RDS user guide, "IAM database authentication", limitations). */
const REFUSED = ['referer', 'sourceip', 'sourcevpc', 'sourcevpce', 'useragent', 'vpcsourceip'].map(
  (name) => `aws:${name}`,
)

/** A condition on connecting is nothing to rely on: AWS's own texts disagree on which keys there are, if any. */
export function checkConditions({ effect, conditions }: PolicyStatement, tell: Tell): void {
  for (const { operator, key, ...here } of conditions) {
    const known = REFUSED.includes(key.toLowerCase())
    const fails =
      effect === 'Deny'
        ? 'so this Deny may not hold anybody back'
        : 'so this opens nothing, or opens more than it says'
    tell(
      here,
      known || effect === 'Deny' ? 'error' : 'warning',
      `${operator} ${key}: ${known ? 'rds-db:connect does not support this key' : 'whether rds-db:connect knows this key is not certain'}, ${fails}`,
      known
        ? 'take the condition out; addresses belong into security groups'
        : 'take the condition out, and name the database users in Resource instead',
    )
  }
}
