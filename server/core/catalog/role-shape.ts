import { mendRoleArn, ROLE_ARN, ROLE_EXAMPLE } from './role-arn.ts'
import { text } from './shape-text.ts'

export const ID_EXAMPLE = '6f0c1f0e-52a1-4c0e-9a54-2c9f2f0b7c11'

export const roleArn = (about: string) =>
  text({
    about,
    examples: [ROLE_EXAMPLE],
    // The path 512, the name 64, and what stands before them.
    longest: 640,
    pattern: ROLE_ARN,
    fault: 'is not the ARN of an IAM role',
    mend: mendRoleArn,
  })

export const externalId = text({
  about: "What the role's trust policy expects as sts:ExternalId. Make one up per role: uuidgen.",
  examples: [ID_EXAMPLE],
  longest: 1224,
  // STS API, AssumeRole, ExternalId.
  pattern: /^[A-Za-z0-9_+=,.@:/-]{2,1224}$/u,
  fault: 'is not what STS takes as an external id',
  mend: () =>
    `use 2 to 1224 letters, digits and _ + = , . @ : / - without blanks, for example ${ID_EXAMPLE}`,
})
