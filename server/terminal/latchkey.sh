#!/bin/sh
# latchkey: tokens for the databases that you have access to, in a terminal.
#
# Any POSIX shell, and curl. `latchkey help` says what it does; it knows the portal that it came from.
# Standard output has what was asked for and nothing else; all that is for people goes to standard error.
# The key is in no argument and in no environment: it goes through pipes, from where it is kept to curl.

PORTAL=@PORTAL@
PLACE=@PLACE@

# What `latchkey` ends with.
REFUSED=1 # the portal said no: no access, or not any more
USAGE=2   # it was called in a way that it does not know
NO_KEY=3  # there is no key here, or it works no more: latchkey login
AWAY=4    # the portal does not answer, or cannot just now
MISSING=5 # something that is needed is not on this computer

set -u +a
umask 077
# What was exported before would stay exported, and show what is put there to every program that this one calls.
unset tmp listener key body verifier state secret answer wish
unset PGHOST PGHOSTADDR PGPORT PGDATABASE PGUSER PGAPPNAME PGPASSWORD PGSSLMODE PGSSLROOTCERT

say() { printf 'latchkey: %s\n' "$*" >&2; }
die() {
  code=$1
  shift
  say "$@"
  exit "$code"
}
has() { command -v "$1" >/dev/null 2>&1; }

help() {
  cat <<END
latchkey, for $PORTAL

  latchkey login [--name NAME] [--paste]  get a key for this computer, with your browser
  latchkey token DATABASE/USER[/ENDPOINT] print a token, which opens the database for 15 minutes
  latchkey psql DATABASE/USER[/ENDPOINT] [ARGUMENTS OF psql]
  latchkey env DATABASE/USER[/ENDPOINT]   print what libpq reads: eval "\$(latchkey env orders/orders_reader)"
  latchkey logout                         forget the key

It ends with 0, or 1: the portal said no; 2: it was called wrongly; 3: there is no key that works;
4: the portal does not answer; 5: something is missing on this computer.
The key is in the keychain of your system where there is one that works, else in a file that only you can read;
LATCHKEY_KEYCHAIN=no always takes the file.
END
}

# -- The key, where it is kept -----------------------------------------------------------------------------------------

key_file=${XDG_CONFIG_HOME:-$HOME/.config}/latchkey/$PLACE.key

# Prints which keychain there is; nothing where there is none. A secret service without a bus would be waited for.
keychain() {
  [ "${LATCHKEY_KEYCHAIN:-}" = no ] && return
  case $(uname -s) in
    Darwin) has security && echo security ;;
    *)
      [ -n "${DBUS_SESSION_BUS_ADDRESS:-}" ] && [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] &&
        has secret-tool && echo secret-tool
      ;;
  esac
}

read_keychain() {
  case $1 in
    security) security find-generic-password -a latchkey -s "$PORTAL" -w 2>/dev/null ;;
    secret-tool) secret-tool lookup latchkey "$PORTAL" 2>/dev/null ;;
  esac
}

# The key on standard input. Says by its end whether it is really there.
write_keychain() {
  IFS= read -r secret || return 1
  case $1 in
    # By its own prompt: its arguments could be seen by everybody.
    security) printf 'add-generic-password -U -a latchkey -s "%s" -w "%s"\n' "$PORTAL" "$secret" | security -i ;;
    secret-tool) printf '%s' "$secret" | secret-tool store --label="Latchkey, $PORTAL" latchkey "$PORTAL" ;;
    *) return 1 ;;
  esac >/dev/null 2>&1
  [ "$(read_keychain "$1")" = "$secret" ]
}

forget_key() {
  rm -f "$key_file"
  case $(keychain) in
    security) security delete-generic-password -a latchkey -s "$PORTAL" ;;
    secret-tool) secret-tool clear latchkey "$PORTAL" ;;
  esac >/dev/null 2>&1
}

keep_key() {
  forget_key
  where=$(keychain)
  if [ -n "$where" ] && printf '%s\n' "$1" | write_keychain "$where"; then
    kept='in the keychain'
    return
  fi
  mkdir -p "${key_file%/*}" || die $MISSING "The folder ${key_file%/*} cannot be made."
  # Whole or not at all, and readable by nobody else at any moment.
  { printf '%s\n' "$1" >"$key_file.$$" && mv "$key_file.$$" "$key_file"; } ||
    die $MISSING "The key cannot be written to $key_file."
  kept="in $key_file"
}

load_key() {
  key=
  if [ -r "$key_file" ]; then
    IFS= read -r key <"$key_file"
  else
    where=$(keychain)
    [ -n "$where" ] && key=$(read_keychain "$where")
  fi
  case $key in
    lk_*[!0-9A-Za-z_]*) die $NO_KEY "What is kept is no key. Run: latchkey login" ;;
    lk_*) ;;
    *) die $NO_KEY "There is no key on this computer. Run: latchkey login" ;;
  esac
}

# -- The portal --------------------------------------------------------------------------------------------------------

# Text for between the double quotes of JSON, and of a configuration of curl.
quoted() { printf '%s' "$1" | sed 's/[\\"]/\\&/g'; }

# post PATH ACCEPT JSON: sets `status` and `body`. What it sends goes in through a pipe, key and all.
post() {
  has curl || die $MISSING "curl is not on this computer, and it is needed."
  body=$({
    printf 'url = "%s%s"\n' "$PORTAL" "$1"
    printf 'header = "Accept: %s"\n' "$2"
    printf 'header = "Content-Type: application/json"\n'
    [ -z "${key:-}" ] || printf 'header = "Authorization: Bearer %s"\n' "$key"
    printf 'data-raw = "%s"\n' "$(quoted "$3")"
    # The portal gives AWS four seconds and says so when they are over; after that nothing comes.
  } | curl -q --silent --proto '=http,https' --connect-timeout 3 --max-time 4.5 \
    --write-out '\n%{http_code}' --config -)
  case $? in
    0) ;;
    35 | 51 | 53 | 54 | 58 | 59 | 60 | 66 | 77 | 80 | 83 | 90 | 91)
      die $AWAY "$PORTAL cannot be trusted: its certificate is not one that curl on this computer accepts." ;;
    *) die $AWAY "$PORTAL does not answer. Is this computer online, and in the network that it needs?" ;;
  esac
  status=${body##*
}
  body=${body%
*}
  # The last line end of the answer itself.
  body=${body%
}
  [ "$status" = 201 ] || refused
}

# The text, number or nothing that one name of a JSON answer has. An escaped quote cannot look like the end of a name.
field() {
  printf '%s\n' "$body" | awk -v name="\"$1\":" '
    { text = text $0 }
    END {
      at = index(text, name)
      if (!at) exit
      rest = substr(text, at + length(name))
      if (rest !~ /^"/) {
        sub(/[,}\]].*/, "", rest)
        if (rest != "null") print rest
        exit
      }
      if (match(rest, /^"[^"\\]*"/)) {
        print substr(rest, 2, RLENGTH - 2)
        exit
      }
      for (i = 2; (c = substr(rest, i, 1)) != "\"" && c != ""; i++) {
        if (c == "\\") c = substr(rest, ++i, 1)
        out = out c
      }
      print out
    }'
}

refused() {
  told=$(field detail | tr -d '[:cntrl:]')
  mend=$(field mend | tr -d '[:cntrl:]')
  case $status in
    401) die $NO_KEY "${told:-The key does not work.} ${mend:-Run: latchkey login}" ;;
    400 | 403 | 404 | 409) [ -n "$told" ] && die $REFUSED "$told $mend" ;;
  esac
  [ -n "$told" ] && die $AWAY "$told $mend"
  die $AWAY "$PORTAL answered $status with something that is not of the portal. Is there a proxy or a sign-in page before it?"
}

# -- Tokens ------------------------------------------------------------------------------------------------------------

# want ACCEPT DATABASE/USER[/ENDPOINT]
want() {
  case $2 in
    *[[:cntrl:]]*) die $USAGE "A name cannot have that character in it." ;;
    ?*/?*) ;;
    *) die $USAGE "Say which database and which database user: latchkey $command orders/orders_reader" ;;
  esac
  database=${2%%/*}
  user=${2#*/}
  wish="{\"database\":\"$(quoted "$database")\",\"user\":"
  case $user in
    */*) wish="$wish\"$(quoted "${user%/*}")\",\"endpoint\":\"$(quoted "${user##*/}")\"}" ;;
    *) wish="$wish\"$(quoted "$user")\"}" ;;
  esac
  load_key
  post /api/token "$1" "$wish"
  key=
}

# Sets what libpq reads, without exporting any of it.
facts() {
  want application/json "$1"
  case $(field engine) in
    *postgres*) ;;
    *) die $REFUSED "$database is no PostgreSQL. Use: latchkey token $1" ;;
  esac
  region=$(field region)
  PGHOST=$(field host)
  PGPORT=$(field port)
  PGDATABASE=$(field dbname)
  PGUSER=$(field user)
  PGAPPNAME=$(field applicationName)
  PGPASSWORD=$(field token)
  PGHOSTADDR=$(field hostaddr)
  PGSSLMODE=verify-full
  name=$(field dialHost)
  [ -z "$name" ] || PGHOSTADDR=$(address_of "$name") || exit $AWAY
  ca_bundle "$(field caUrl)" "$region"
}

# The first address of a name: `getent` is Linux's way, `dscacheutil` a Mac's.
address_of() {
  address=$({ getent ahosts "$1" || dscacheutil -q host -a name "$1"; } 2>/dev/null |
    awk '$1 == "ip_address:" { print $2; exit } /^[0-9a-f]*[.:]/ { print $1; exit }')
  [ -n "$address" ] || die $AWAY "Nobody knows the address of $1, which leads to the database."
  printf '%s\n' "$address"
}

# ca_bundle URL REGION: fetched once, and again after a month; an old one is better than none.
ca_bundle() {
  case $2 in *[!a-z0-9-]* | '') die $AWAY "The portal named a region that cannot be: $2" ;; esac
  case $1 in "$PORTAL"/*) ;; *) die $AWAY "The portal named a CA bundle that is not its own." ;; esac
  PGSSLROOTCERT=$HOME/.latchkey/$2.pem
  [ -s "$PGSSLROOTCERT" ] && [ -z "$(find "$PGSSLROOTCERT" -mtime +30)" ] && return
  mkdir -p "${PGSSLROOTCERT%/*}"
  if curl -q --silent --fail --proto '=http,https' --connect-timeout 3 --speed-limit 1 --speed-time 4 \
    --max-time 20 --output "$PGSSLROOTCERT.$$" "$1"; then
    mv "$PGSSLROOTCERT.$$" "$PGSSLROOTCERT"
  else
    rm -f "$PGSSLROOTCERT.$$"
    [ -s "$PGSSLROOTCERT" ] || die $AWAY "The CA bundle of $2 could not be fetched from $1"
  fi
}

run_psql() {
  has psql || die $MISSING "psql is not on this computer. Use: latchkey token $1"
  facts "$1"
  shift
  # What these say would win over, or go around, what the portal says.
  unset PGSERVICE PGSERVICEFILE PGPASSFILE PGREQUIRESSL PGSSLCERT PGSSLKEY
  [ -n "$PGHOSTADDR" ] || unset PGHOSTADDR
  export PGHOST PGPORT PGDATABASE PGUSER PGAPPNAME PGPASSWORD PGSSLMODE PGSSLROOTCERT
  [ -z "${PGHOSTADDR:-}" ] || export PGHOSTADDR
  exec psql "$@"
}

# One line that a POSIX shell reads as it is meant.
line() { printf "export %s='%s'\n" "$1" "$(printf '%s' "$2" | sed "s/'/'\\\\''/g")"; }

print_env() {
  facts "$1"
  line PGHOST "$PGHOST"
  if [ -n "$PGHOSTADDR" ]; then line PGHOSTADDR "$PGHOSTADDR"; else echo 'unset PGHOSTADDR'; fi
  line PGPORT "$PGPORT"
  line PGDATABASE "$PGDATABASE"
  line PGUSER "$PGUSER"
  line PGAPPNAME "$PGAPPNAME"
  line PGSSLMODE "$PGSSLMODE"
  line PGSSLROOTCERT "$PGSSLROOTCERT"
  line PGPASSWORD "$PGPASSWORD"
}

# -- Getting a key -----------------------------------------------------------------------------------------------------

random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }

# RFC 7636, S256, of standard input: base64url without padding.
challenge() {
  if has sha256sum; then
    sum=sha256sum
  elif has shasum; then
    sum='shasum -a 256'
  elif has openssl; then
    sum='openssl dgst -sha256 -r'
  else
    die $MISSING "Nothing on this computer computes SHA-256: sha256sum, shasum or openssl."
  fi
  $sum | awk '{
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for (i = 1; i <= 64; i += 3) {
      v = 0
      for (j = i; j < i + 3; j++) v = v * 16 + (j > 64 ? 0 : index("0123456789abcdef", substr($1, j, 1)) - 1)
      out = out substr(letters, int(v / 64) + 1, 1) (i < 64 ? substr(letters, v % 64 + 1, 1) : "")
    }
    print out
  }'
}

# Listens on this computer only, prints its port, then the one code that comes with the right state (standard input).
# Browsers open connections before they need them, so none of them is waited for alone. Five minutes.
listen() {
  if has perl && perl -MIO::Socket::INET -MIO::Select -e 1 2>/dev/null; then
    exec perl -MIO::Socket::INET -MIO::Select -e '
      $| = 1; chomp(my $state = <STDIN>); my ($back) = @ARGV; my %said;
      my $door = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 16) or exit 1;
      print $door->sockport, "\n"; alarm 300;
      my $all = IO::Select->new($door);
      while (my @ready = $all->can_read) {
        for my $one (@ready) {
          if ($one == $door) { my $new = $door->accept; $all->add($new) if $new; next }
          my $got = sysread $one, $said{$one}, 4096, length($said{$one} // "");
          if ($got && length $said{$one} < 16384 && $said{$one} !~ /\r\n\r\n/) { next }
          my $is = ($said{$one} // "") =~ m{^GET /\?code=([0-9A-Za-z]{22})&state=\Q$state\E HTTP/1} ? $1 : "";
          print $one $is ? "HTTP/1.1 303 See Other\r\nLocation: $back\r\n" : "HTTP/1.1 400 Bad Request\r\n";
          print $one "Content-Length: 0\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n";
          $all->remove($one); delete $said{$one}; close $one;
          if ($is) { print "$is\n"; exit 0 }
        }
      }' "$1"
  fi
  exec python3 -c '
import http.server, re, sys, threading
state, back = sys.stdin.readline().strip(), sys.argv[1]
class Door(http.server.BaseHTTPRequestHandler):
    timeout = 300
    def do_GET(self):
        found = re.fullmatch(r"/\?code=([0-9A-Za-z]{22})&state=" + state, self.path)
        self.send_response(303 if found else 400)
        if found: self.send_header("Location", back)
        self.send_header("Content-Length", "0")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        if found:
            print(found.group(1), flush=True)
            threading.Thread(target=door.shutdown).start()
    def log_message(self, *said): pass
door = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
door.daemon_threads = True
print(door.server_port, flush=True)
late = threading.Timer(300, door.shutdown)
late.daemon = True
late.start()
door.serve_forever()' "$1"
}

open_browser() {
  if [ -n "${BROWSER:-}" ]; then
    "$BROWSER" "$1"
  elif [ "$(uname -s)" = Darwin ]; then
    open "$1"
  elif has wslview; then
    wslview "$1"
  elif has xdg-open; then
    xdg-open "$1"
  else
    return 1
  fi >/dev/null 2>&1 </dev/null
}

tidy() {
  [ -z "${listener:-}" ] || kill "$listener" 2>/dev/null
  [ -z "${tmp:-}" ] || rm -rf "$tmp"
}

# Sets `port` and reads on from descriptor 3; `port` stays empty where nothing here can listen.
begin_listening() {
  port=
  tmp=$(mktemp -d) && mkfifo "$tmp/said" || return
  trap tidy EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  printf '%s\n' "$state" >"$tmp/state"
  listen "$PORTAL/keys/connect?done=yes" <"$tmp/state" >"$tmp/said" 2>/dev/null &
  listener=$!
  exec 3<"$tmp/said"
  read -r port <&3 || port=
}

login() {
  name=$(uname -n 2>/dev/null | sed 's/[^A-Za-z0-9_.-]/-/g; s/^\(.\{0,60\}\).*/\1/')
  paste=
  # The browser of somebody who is here by ssh is on another computer, and would not find a door on this one.
  [ -z "${SSH_CONNECTION:-}" ] || [ -n "${BROWSER:-}" ] || paste=yes
  while [ $# -gt 0 ]; do
    case $1 in
      --paste) paste=yes ;;
      --name)
        [ $# -gt 1 ] || die $USAGE "Say which name: latchkey login --name laptop"
        name=$2
        shift
        ;;
      *) die $USAGE "latchkey login does not know $1." ;;
    esac
    shift
  done
  case $name in
    '' | *[!A-Za-z0-9_.\ -]*) die $USAGE "A name has letters, digits, blanks, and . _ - in it." ;;
  esac
  verifier=$(random)
  state=$(random)
  [ ${#verifier} = 64 ] || die $MISSING "This computer gives no random numbers."
  digest=$(printf '%s' "$verifier" | challenge) || exit $MISSING
  url="$PORTAL/keys/connect?challenge=$digest&state=$state&name=$(printf '%s' "$name" | sed 's/ /%20/g')"
  port=
  [ -n "$paste" ] || begin_listening
  if [ -n "$port" ]; then
    url="$url&port=$port"
    say "Your browser asks you whether this terminal gets a key. If it does not open, go to:"
    printf '\n  %s\n\n' "$url" >&2
    open_browser "$url" &
    read -r answer <&3 || die $NO_KEY "Nobody answered in the browser within five minutes. Run latchkey login again."
  else
    say "Open this in a browser, and paste the code that it shows:"
    printf '\n  %s\n\nCode: ' "$url" >&2
    read -r answer || die $NO_KEY "There was no code."
  fi
  case $answer in
    '' | *[!0-9A-Za-z]*) die $NO_KEY "That is no code. Run latchkey login again." ;;
  esac
  key=
  post /api/keys/exchange application/json "{\"code\":\"$answer\",\"verifier\":\"$verifier\"}"
  keep_key "$(field text)"
  say "The key “$(field name)” is $kept. It works until $(field expiresAt)."
}

logout() {
  forget_key
  say "The key is forgotten here. Where it may be elsewhere, end it: $PORTAL/keys"
}

# ----------------------------------------------------------------------------------------------------------------------

command=${1:-help}
[ $# -eq 0 ] || shift
case $command in
  login) login "$@" ;;
  logout) logout ;;
  token)
    [ $# -eq 1 ] || die $USAGE "Say for what: latchkey token orders/orders_reader"
    want text/plain "$1"
    printf '%s\n' "$body"
    ;;
  psql)
    [ $# -ge 1 ] || die $USAGE "Say for what: latchkey psql orders/orders_reader"
    run_psql "$@"
    ;;
  env)
    [ $# -eq 1 ] || die $USAGE "Say for what: latchkey env orders/orders_reader"
    print_env "$1"
    ;;
  help | --help | -h) help ;;
  *) die $USAGE "There is no latchkey $command. See: latchkey help" ;;
esac
