# latchkey: tokens for the databases that you have access to, in PowerShell.
#
# PowerShell 5.1 and later. `latchkey.ps1 help` says what it does; it knows the portal that it came from.
# Standard output has what was asked for and nothing else; all that is for people goes to standard error.
# The key is in no argument and in no environment. It is kept encrypted for you on Windows (DPAPI); elsewhere in a file that
# only you can read.
param(
  [Parameter(Position = 0)] [string] $Command = 'help',
  [Parameter(Position = 1)] [string] $Target = '',
  [string] $Name = [Environment]::MachineName,
  [switch] $Paste,
  [Parameter(ValueFromRemainingArguments = $true)] [string[]] $Rest = @()
)
$ErrorActionPreference = 'Stop'
$Portal = @PORTAL@
$Place = @PLACE@

# What it ends with: the portal said no, called wrongly, no key that works, the portal does not answer, something is missing.
$Refused = 1; $Usage = 2; $NoKey = 3; $Away = 4; $Missing = 5

function Say([string] $Text) { [Console]::Error.WriteLine("latchkey: $Text") }
function Stop-Here([int] $Code, [string] $Text) { Say $Text; exit $Code }

$IsWin = [Environment]::OSVersion.Platform -eq 'Win32NT'
# Windows PowerShell 5.1 offers older ones alone where the system was not set up otherwise.
if ($PSVersionTable.PSVersion.Major -lt 6) {
  [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
}
$Base = if ($IsWin) { $env:LOCALAPPDATA } elseif ($env:XDG_CONFIG_HOME) { $env:XDG_CONFIG_HOME } else { Join-Path $HOME '.config' }
# Not the file of the shell script: that one is no SecureString.
$KeyFile = Join-Path (Join-Path $Base 'latchkey') "$Place.ps.key"

function Save-Key([string] $Text) {
  $folder = Split-Path $KeyFile
  if (-not (Test-Path $folder)) { New-Item -ItemType Directory -Path $folder | Out-Null }
  $new = "$KeyFile.$PID"
  if ($IsWin) {
    ConvertTo-SecureString $Text -AsPlainText -Force | ConvertFrom-SecureString | Set-Content -Path $new -Encoding ascii
  } else {
    # Readable by nobody else before anything is in it.
    New-Item -ItemType File -Path $new -Force | Out-Null
    & chmod 600 $new
    Set-Content -Path $new -Value $Text -Encoding ascii
  }
  Move-Item -Path $new -Destination $KeyFile -Force
}

function Read-Key {
  if (-not (Test-Path $KeyFile)) { Stop-Here $NoKey 'There is no key on this computer. Run: latchkey.ps1 login' }
  $kept = (Get-Content -Path $KeyFile -TotalCount 1).Trim()
  if (-not $IsWin) { return $kept }
  $secure = ConvertTo-SecureString $kept
  return (New-Object System.Net.NetworkCredential('', $secure)).Password
}

# Sends JSON, answers the text of the answer. Ends where the portal says no, or nothing.
function Send-Post([string] $Path, [string] $Accept, [hashtable] $Body, [string] $Key) {
  $headers = @{ Accept = $Accept }
  if ($Key) { $headers['Authorization'] = "Bearer $Key" }
  $json = [Text.Encoding]::UTF8.GetBytes(($Body | ConvertTo-Json -Compress))
  try {
    $ProgressPreference = 'SilentlyContinue'
    $answer = Invoke-WebRequest -Uri "$Portal$Path" -Method Post -Headers $headers -Body $json `
      -ContentType 'application/json' -UseBasicParsing -MaximumRedirection 0 -TimeoutSec 4
    if ($answer.StatusCode -ne 201) { Stop-Here $Away "$Portal answered with something that is not of the portal." }
    if ($answer.Content -is [byte[]]) { return [Text.Encoding]::UTF8.GetString($answer.Content) }
    return $answer.Content
  } catch {
    $response = $_.Exception.Response
    if (-not $response) { Stop-Here $Away "$Portal does not answer. Is this computer online, and in the network that it needs?" }
    $status = [int] $response.StatusCode
    $text = if ($_.ErrorDetails) { $_.ErrorDetails.Message } else {
      (New-Object IO.StreamReader($response.GetResponseStream())).ReadToEnd()
    }
    $told = try { $text | ConvertFrom-Json } catch { $null }
    $line = if ($told -and $told.detail) { "$($told.detail) $($told.mend)" } else { "$Portal answered $status." }
    $code = if ($status -eq 401) { $NoKey } elseif ($status -lt 500) { $Refused } else { $Away }
    Stop-Here $code ($line -replace '\p{Cc}', ' ')
  }
}

function Get-Token([string] $Accept) {
  $parts = $Target -split '/', 2
  if ($parts.Count -ne 2 -or -not $parts[0] -or -not $parts[1]) {
    Stop-Here $Usage "Say for what: latchkey.ps1 $Command orders/orders_reader"
  }
  $wish = @{ database = $parts[0]; user = $parts[1] }
  $slash = $parts[1].LastIndexOf('/')
  if ($slash -gt 0) {
    $wish['user'] = $parts[1].Substring(0, $slash)
    $wish['endpoint'] = $parts[1].Substring($slash + 1)
  }
  return Send-Post '/api/token' $Accept $wish (Read-Key)
}

# The settings of libpq, by their names in the environment.
function Get-Settings {
  $facts = Get-Token 'application/json' | ConvertFrom-Json
  if ($facts.engine -notmatch 'postgres') { Stop-Here $Refused "This is no PostgreSQL. Use: latchkey.ps1 token $Target" }
  if ($facts.region -notmatch '^[a-z0-9-]+$' -or -not $facts.caUrl.StartsWith("$Portal/")) {
    Stop-Here $Away 'The portal named a CA bundle that is not its own.'
  }
  $ca = Join-Path (Join-Path $HOME '.latchkey') "$($facts.region).pem"
  if (-not (Test-Path $ca)) {
    New-Item -ItemType Directory -Path (Split-Path $ca) -Force | Out-Null
    $ProgressPreference = 'SilentlyContinue'
    try { Invoke-WebRequest -Uri $facts.caUrl -OutFile "$ca.$PID" -UseBasicParsing -MaximumRedirection 0 -TimeoutSec 10 }
    catch { Stop-Here $Away "The CA bundle could not be fetched from $($facts.caUrl)" }
    Move-Item -Path "$ca.$PID" -Destination $ca -Force
  }
  $address = $facts.hostaddr
  if ($facts.dialHost) { $address = [string] [Net.Dns]::GetHostAddresses($facts.dialHost)[0] }
  return [ordered] @{
    PGHOST = $facts.host; PGHOSTADDR = $address; PGPORT = [string] $facts.port; PGDATABASE = $facts.dbname
    PGUSER = $facts.user; PGAPPNAME = $facts.applicationName; PGSSLMODE = 'verify-full'; PGSSLROOTCERT = $ca
    PGPASSWORD = $facts.token
  }
}

function New-Random {
  $bytes = New-Object byte[] 32
  [Security.Cryptography.RandomNumberGenerator]::Create().GetBytes($bytes)
  return ConvertTo-Url $bytes
}
function ConvertTo-Url([byte[]] $Bytes) {
  return [Convert]::ToBase64String($Bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_')
}

# One code with the right state, on this computer only; $null after five minutes.
function Wait-Code($Door, [string] $State) {
  $end = (Get-Date).AddMinutes(5)
  while ((Get-Date) -lt $end) {
    if (-not $Door.Pending()) { Start-Sleep -Milliseconds 100; continue }
    $client = $Door.AcceptTcpClient()
    try {
      # Browsers open connections before they need them: none is waited for long.
      $client.ReceiveTimeout = 1000
      $stream = $client.GetStream()
      $first = (New-Object IO.StreamReader($stream)).ReadLine()
      $is = $first -cmatch "^GET /\?code=([0-9A-Za-z]{22})&state=$([regex]::Escape($State)) HTTP/1"
      $head = if ($is) { "303 See Other`r`nLocation: $Portal/keys/connect?done=yes" } else { '400 Bad Request' }
      $bytes = [Text.Encoding]::ASCII.GetBytes("HTTP/1.1 $head`r`nContent-Length: 0`r`nConnection: close`r`n`r`n")
      $code = if ($is) { $Matches[1] } else { $null }
      $stream.Write($bytes, 0, $bytes.Length)
      if ($code) { return $code }
    } catch [IO.IOException] {
      # Nothing came.
    } finally { $client.Close() }
  }
  return $null
}

function Connect-Portal {
  $safe = ($Name -replace '[^A-Za-z0-9_. -]', '-')
  $verifier = New-Random
  $state = New-Random
  $digest = [Security.Cryptography.SHA256]::Create().ComputeHash([Text.Encoding]::ASCII.GetBytes($verifier))
  $url = "$Portal/keys/connect?challenge=$(ConvertTo-Url $digest)&state=$state&name=$([Uri]::EscapeDataString($safe))"
  if ($Paste) {
    Say 'Open this in a browser, and paste the code that it shows:'
    [Console]::Error.WriteLine("`n  $url`n")
    $code = Read-Host 'Code'
  } else {
    $door = New-Object Net.Sockets.TcpListener([Net.IPAddress]::Loopback, 0)
    $door.Start()
    try {
      $url = "$url&port=$($door.LocalEndpoint.Port)"
      Say 'Your browser asks you whether this terminal gets a key. If it does not open, go to:'
      [Console]::Error.WriteLine("`n  $url`n")
      try { Start-Process $url | Out-Null } catch { Say 'No browser could be opened from here.' }
      $code = Wait-Code $door $state
    } finally { $door.Stop() }
  }
  if ($code -cnotmatch '^[0-9A-Za-z]{22}$') { Stop-Here $NoKey 'There was no code. Run latchkey.ps1 login again.' }
  $made = Send-Post '/api/keys/exchange' 'application/json' @{ code = $code; verifier = $verifier } '' | ConvertFrom-Json
  Save-Key $made.text
  Say "The key '$($made.key.name)' is kept for you. It works until $($made.key.expiresAt)."
}

switch ($Command) {
  'login' { Connect-Portal }
  'logout' {
    Remove-Item -Path $KeyFile -ErrorAction SilentlyContinue
    Say "The key is forgotten here. Where it may be elsewhere, end it: $Portal/keys"
  }
  'token' { [Console]::Out.WriteLine((Get-Token 'text/plain').Trim()) }
  'env' {
    foreach ($one in (Get-Settings).GetEnumerator()) {
      if ($one.Value) { "`$env:$($one.Key) = '$($one.Value.Replace("'", "''"))'" }
      else { "Remove-Item Env:$($one.Key) -ErrorAction SilentlyContinue" }
    }
  }
  'psql' {
    if (-not (Get-Command psql -ErrorAction SilentlyContinue)) { Stop-Here $Missing 'psql is not on this computer.' }
    $before = @{}
    $settings = Get-Settings
    try {
      foreach ($one in $settings.GetEnumerator()) {
        $before[$one.Key] = [Environment]::GetEnvironmentVariable($one.Key)
        [Environment]::SetEnvironmentVariable($one.Key, $one.Value)
      }
      & psql @Rest
      $ended = $LASTEXITCODE
    } finally {
      foreach ($name in $before.Keys) { [Environment]::SetEnvironmentVariable($name, $before[$name]) }
    }
    exit $ended
  }
  'help' {
    @"
latchkey.ps1, for $Portal

  latchkey.ps1 login [-Name NAME] [-Paste]     get a key for this computer, with your browser
  latchkey.ps1 token DATABASE/USER[/ENDPOINT]  print a token, which opens the database for 15 minutes
  latchkey.ps1 psql DATABASE/USER [ARGUMENTS]  open psql; in quotes what begins with a dash: '-c' 'select 1'
  latchkey.ps1 env DATABASE/USER               print what libpq reads: latchkey.ps1 env orders/orders_reader | Invoke-Expression
  latchkey.ps1 logout                          forget the key

It ends with 0, or 1: the portal said no; 2: it was called wrongly; 3: there is no key that works;
4: the portal does not answer; 5: something is missing on this computer.
"@
  }
  default { Stop-Here $Usage "There is no latchkey.ps1 $Command. See: latchkey.ps1 help" }
}
