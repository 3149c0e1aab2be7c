/**
 * A string of JavaScript, and the same of Python: JSON's escapes mean the same in both
 * (ECMA-262, "String Literals"; Python reference, "String and Bytes literals").
 * Text that is well-formed has no lone surrogate, which is the one thing Python reads otherwise.
 */
export const literal = (text: string) => JSON.stringify(text)

/** Portal tokens end with a person's access; a service has an identity of its own. */
export const FOR_PEOPLE =
  'This is for you at your desk. A service signs its own tokens with its own IAM role: see the AWS Advanced JDBC Wrapper (plugin “iam”) and its siblings for Node.js and Python.'

/** A token in code is one in a file, as soon as it is saved. */
export const IN_CODE =
  'The token stands in the code: use it in a console or a notebook, and do not save it. It opens connections for 15 minutes; those that are open go on.'
