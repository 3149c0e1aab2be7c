/* Policies of the lab's account, as an administrator would write them. */

export const allow = (Action: readonly string[], Resource: readonly string[]) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action, Resource }],
})

/**
 * @param actions what the user may do with the role
 * @param like what `StringLike` demands of the request besides the external id
 */
export const trustUser = (
  arn: string,
  externalId: string,
  actions: readonly string[] = ['sts:AssumeRole', 'sts:SetSourceIdentity'],
  like?: Readonly<Record<string, string>>,
) => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: arn },
      Action: actions,
      Condition: {
        StringEquals: { 'sts:ExternalId': externalId },
        ...(like && { StringLike: like }),
      },
    },
  ],
})
