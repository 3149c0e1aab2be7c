import type { Cause } from './cause.ts'

/** What goes wrong between the person and the database, before the database has an opinion; and with the token on its way. */
export const CLIENT_CAUSES = {
  'host-not-found': {
    title: 'Your computer does not find the host name',
    confirm: 'Compare the host in your client with the one on this card, letter by letter.',
    fix: 'Copy the host from this card. If it is the same, its name is known only inside the private network: connect to the VPN, or go through a tunnel.',
    who: 'you',
  },
  'network-closed': {
    title: 'The network lets nothing through from where you are',
    confirm:
      'Nothing answers, not even a refusal. If it works for others from the office or the VPN, it is the way and not the database.',
    fix: 'Connect to the VPN or go through a tunnel. Else the security group of the database needs an inbound rule for your address.',
    who: 'aws_owner',
  },
  'nothing-listens': {
    title: 'Nothing listens at that address and port',
    confirm: 'Compare host and port with this card. Through a tunnel: see whether it still runs.',
    fix: 'Start the tunnel again, or copy host and port from this card.',
    who: 'you',
  },
  'database-stopped': {
    title: 'The database is stopped or is just starting',
    confirm: 'The RDS console shows its status: it should be Available.',
    fix: 'Start it, or wait until it has started.',
    who: 'aws_owner',
  },
  'bundle-wrong': {
    title: 'Your client does not know who signed the certificate of the server',
    confirm:
      'See which CA file your client is told to use. It must be the bundle of this region; a Java trust store must hold all of its certificates, not only the first.',
    fix: 'Save the CA bundle anew with the line on this card, and name that file in your client. Do not switch verification off: the token would go to whoever answers.',
    who: 'you',
  },
  'bundle-missing': {
    title: 'The CA bundle is not where your client looks for it',
    confirm: 'Look whether the file in the message exists, and is readable for you.',
    fix: 'Save the bundle with the line on this card, and give its absolute path: sslrootcert in libpq and JDBC, not sslcert.',
    who: 'you',
  },
  'certificate-expired': {
    title: 'The certificate of the server has expired',
    confirm: 'Certificates in this portal shows until when the one that it saw is valid.',
    fix: 'The certificate of the database must be rotated: RDS, Modify, Certificate authority. No client can mend this.',
    who: 'aws_owner',
  },
  'somebody-between': {
    title: 'Something else answers in place of the database',
    confirm:
      'A tunnel to another database, or a company proxy that opens TLS, shows a certificate that is not from Amazon RDS.',
    fix: 'Check where the tunnel leads. Send no token there while the certificate is not verified.',
    who: 'you',
  },
  'other-name': {
    title: 'You dial another name than the certificate is for',
    confirm: 'The message names both: the host that you gave, and those in the certificate.',
    fix: 'Switch the tunnel on this card on: each client is then told to dial the tunnel and to verify the real name (host and hostaddr in libpq, servername in Node).',
    who: 'you',
  },
  'tls-off': {
    title: 'Your client connects without TLS',
    confirm: 'The message says “no encryption” or “SSL off”, and it is the only one.',
    fix: 'Switch TLS on, with verification: sslmode=verify-full and the CA bundle, as in the lines on this card.',
    who: 'you',
  },
  'no-tls-there': {
    title: 'What answers there speaks no TLS, so it is not this database',
    confirm: 'Compare host and port with this card, and see where the tunnel leads.',
    fix: 'Dial the host and port of this card.',
    who: 'you',
  },
  'service-file-long': {
    title: 'A token does not fit into a line of the service file',
    confirm: 'The message names the line: it is the one with the password.',
    fix: 'Take the password out of pg_service.conf and give the token in PGPASSWORD, as the lines on this card do.',
    who: 'you',
  },
  'no-password': {
    title: 'Your client sent no password at all',
    confirm:
      'Nothing was in PGPASSWORD or MYSQL_PWD, or no line of the password file is for this host, port, database and user.',
    fix: 'Give the token where the lines on this card give it. In .pgpass, the host is the one after host=, not the tunnel.',
    who: 'you',
  },
  'password-file-open': {
    title: 'Your password file is ignored, because others may read it',
    confirm: 'ls -l ~/.pgpass shows more than -rw-------.',
    fix: 'chmod 600 ~/.pgpass',
    who: 'you',
  },
  'not-encoded': {
    title: 'The token stands in an address as it is, without percent-encoding',
    confirm: 'There is a plain “&” or “?” from the token in the URL.',
    fix: 'Take the address from this card, where the token is encoded, or give it as a field of its own.',
    who: 'you',
  },
  'cleartext-off': {
    title: 'Your client may not send a password in clear, which is how a token is sent inside TLS',
    confirm: 'The message names mysql_clear_password.',
    fix: 'Switch it on, together with TLS: --enable-cleartext-plugin for mysql, enableCleartextPlugin: true for mysql2, LIBMYSQL_ENABLE_CLEARTEXT_PLUGIN=1 for programs that have no switch.',
    who: 'you',
  },
  'other-client': {
    title: 'The line is for another client of the same name',
    confirm: 'mysql --version says MariaDB where it is the client of MariaDB.',
    fix: 'Take the lines of the mariadb tab on this card.',
    who: 'you',
  },
  truncated: {
    title: 'The token arrived cut off or changed',
    confirm:
      'Count what your client got: echo ${#PGPASSWORD}. It must be as many characters as this card says.',
    fix: 'Use the lines on this card. In .pgpass the colon is escaped, in an address the token is percent-encoded, and fields and prompts with a limit get it from a variable.',
    who: 'you',
  },
  expired: {
    title: 'The token has expired',
    confirm:
      'It is good for 15 minutes and only while a connection opens. Clients that reconnect by themselves send the old one again.',
    fix: 'Renew the token and connect at once. Where your client remembers passwords, let it not remember this one.',
    who: 'you',
  },
  'session-ended': {
    title: 'The AWS session that signed the token ended before it',
    confirm: 'The card showed an end of less than 15 minutes for it.',
    fix: 'Renew the token: the new one is signed by a new session.',
    who: 'you',
  },
  'no-token': {
    title: 'No token was given for this access yet',
    confirm:
      'The log has none, so what your client sent was something else: an old password, or a token of another access.',
    fix: 'Get a token on this card, and use it as the password.',
    who: 'you',
  },
  'other-user': {
    title: 'Your client logs in as another database user than the token is for',
    confirm: 'The message names the user; this card names the one that the token opens.',
    fix: 'Log in as the user on this card, spelt exactly so: capitals count.',
    who: 'you',
  },
  'other-place': {
    title: 'The token is for another host or port than the one you reached',
    confirm:
      'Paste the token itself into the field above: it says for which host and port it was signed. Writer, reader and proxy each need their own.',
    fix: 'Choose the endpoint on this card that you connect to, and get a token for it. Through a tunnel it stays signed for the real endpoint.',
    who: 'you',
  },
  replication: {
    title: 'A replication connection cannot be opened by a token',
    confirm: 'Your client asks for replication=database or uses a logical replication API.',
    fix: 'RDS has no IAM authentication for replication: it takes a user with a password.',
    who: 'database_owner',
  },
} as const satisfies Record<string, Cause>
