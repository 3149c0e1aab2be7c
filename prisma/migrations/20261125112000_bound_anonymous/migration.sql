-- Which downloads by nobody known are in the log: one a network, file and hour, so that nobody can fill the disk with them.
CREATE TABLE anonymous_download (
  hour    timestamptz(6) NOT NULL,
  -- Of an IPv6 address the first 64 bits: whoever has one address has all of those.
  network text NOT NULL,
  file    text NOT NULL,
  PRIMARY KEY (hour, network, file)
);
GRANT SELECT, INSERT, DELETE ON anonymous_download TO latchkey_app;
