import { Document } from 'yaml'

/** A CloudFormation template in YAML. `remark` stands above it, a line each. */
export function template(
  remark: readonly string[],
  resources: Readonly<Record<string, object>>,
  parameters?: Readonly<Record<string, object>>,
): string {
  const document = new Document(
    {
      AWSTemplateFormatVersion: '2010-09-09',
      ...(parameters && { Parameters: parameters }),
      Resources: resources,
    },
    // A policy that stands twice in a template is written twice: CloudFormation knows no aliases.
    { aliasDuplicateObjects: false },
  )
  document.commentBefore = remark.map((line) => ` ${line}`).join('\n')
  // Without folding: a broken ARN is hard to compare.
  return document.toString({
    lineWidth: 0,
    defaultStringType: 'QUOTE_DOUBLE',
    defaultKeyType: 'PLAIN',
  })
}
