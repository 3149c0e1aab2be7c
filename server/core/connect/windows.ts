/**
 * Programs on Windows split one command line by rules of their own and read it in the code page of the computer: quotes,
 * a backslash at the end and letters beyond ASCII reach them changed ("Parsing C command-line arguments", Microsoft).
 */
export const whyNotOnWindows = (text: string): string | null =>
  /["\u0000-\u001f\u007f]|[^ -~]|\\$/.test(text)
    ? `“${text}” would reach a Windows program changed: quotes, control characters, a backslash at the end, or letters beyond ASCII do not get through its command line and environment.`
    : null
