-- A database of version 2 of the schema. It is never changed.
-- A session. todo is 1 while record has something left to do, keyed is 0 once
-- its keys were purged. Times are microseconds since 1970, UTC.
CREATE TABLE sessions (
	n        INTEGER PRIMARY KEY,
	id       TEXT NOT NULL UNIQUE,
	version  INTEGER NOT NULL,
	epoch    INTEGER NOT NULL,
	attempts INTEGER NOT NULL,
	due      INTEGER,
	ended    INTEGER,
	todo     INTEGER NOT NULL,
	keyed    INTEGER NOT NULL DEFAULT 1,
	node     TEXT NOT NULL,
	flow     TEXT NOT NULL,
	name     TEXT NOT NULL,
	tenant   TEXT NOT NULL,
	started  INTEGER NOT NULL,
	summary  BLOB,
	record   BLOB
);
-- None of these names a column that every change sets: a change of a live
-- session touches no index.
CREATE INDEX sessions_by_node ON sessions (node) WHERE todo = 1;
CREATE INDEX sessions_by_flow ON sessions (flow, ended);
CREATE INDEX sessions_by_start ON sessions (started, id);
CREATE INDEX sessions_by_end ON sessions (ended) WHERE ended IS NOT NULL;
CREATE INDEX sessions_with_keys ON sessions (ended) WHERE ended IS NOT NULL AND keyed = 1;

-- A call of Graph leads to a session. n gives the order of their coming.
CREATE TABLE calls (
	n       INTEGER PRIMARY KEY,
	call    TEXT NOT NULL UNIQUE,
	session INTEGER NOT NULL
);
CREATE INDEX calls_by_session ON calls (session);

CREATE TABLE keys (
	session INTEGER NOT NULL,
	name    TEXT NOT NULL,
	wrapped BLOB NOT NULL,
	PRIMARY KEY (session, name)
) WITHOUT ROWID;

CREATE TABLE journal (
	n       INTEGER PRIMARY KEY,
	session INTEGER NOT NULL,
	version INTEGER NOT NULL,
	at      INTEGER NOT NULL,
	key     TEXT NOT NULL,
	outline BLOB,
	body    BLOB,
	UNIQUE (session, version)
);

-- AUTOINCREMENT: the id of a mail that is gone never comes back.
CREATE TABLE mails (
	n       INTEGER PRIMARY KEY AUTOINCREMENT,
	session INTEGER NOT NULL,
	tenant  TEXT NOT NULL,
	at      INTEGER NOT NULL,
	body    BLOB
);
CREATE INDEX mails_by_session ON mails (session);

CREATE TABLE nodes (
	id      TEXT NOT NULL PRIMARY KEY,
	host    TEXT NOT NULL,
	started INTEGER NOT NULL,
	until   INTEGER NOT NULL,
	drain   INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE counters (
	name  TEXT NOT NULL PRIMARY KEY,
	value INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE blobs (
	name TEXT NOT NULL UNIQUE,
	put  INTEGER NOT NULL,
	data BLOB NOT NULL
);

CREATE TABLE flows (
	version TEXT NOT NULL UNIQUE,
	name    TEXT NOT NULL,
	added   INTEGER NOT NULL,
	sources BLOB NOT NULL
);

-- Detail records of calls as rows, for people and their programs: the columns of
-- ivrflow calls export, NULL for what is empty there. It reads what every change
-- of a session writes anyway. A later step may add columns behind these.
CREATE VIEW call_records AS
SELECT
	s.id AS session,
	s.name AS flow,
	s.flow AS version,
	CASE WHEN r IS NULL THEN NULL WHEN json_extract(r, '$.outgoing') THEN 'out' ELSE 'in' END AS direction,
	json_extract(r, '$.caller.kind') AS caller_kind,
	json_extract(r, '$.caller.id') AS caller,
	json_extract(r, '$.called.kind') AS called_kind,
	json_extract(r, '$.called.id') AS called,
	nullif(s.tenant, '') AS tenant,
	strftime('%Y-%m-%dT%H:%M:%fZ', s.started / 1000 / 1000.0, 'unixepoch') AS started,
	strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(r, '$.answered')) AS answered,
	strftime('%Y-%m-%dT%H:%M:%fZ', s.ended / 1000 / 1000.0, 'unixepoch') AS ended,
	max(round(s.ended / 1000000.0 - (julianday(json_extract(r, '$.answered')) - 2440587.5) * 86400, 3), 0.0) AS seconds,
	json_extract(r, '$.ended_by') AS ended_by,
	coalesce(json_extract(r, '$.result.code'), 0) AS code,
	coalesce(json_extract(r, '$.result.subcode'), 0) AS subcode,
	json_extract(r, '$.result.reason') AS reason,
	coalesce(json_extract(r, '$.steps'), 0) AS steps,
	(SELECT group_concat(call, ' ') FROM (SELECT c.call FROM calls AS c WHERE c.session = s.n ORDER BY c.n)) AS calls,
	(SELECT group_concat(text, '; ') FROM (
		SELECT trim(coalesce(json_extract(r, fullkey || '.name'), '') || ' ' || coalesce(json_extract(r, fullkey || '.text'), '')) AS text
		FROM json_each(r, '$.marks') WHERE json_extract(r, fullkey || '.kind') IS NOT 'tag' ORDER BY key)) AS milestones,
	(SELECT group_concat(text, '; ') FROM (
		SELECT trim(coalesce(json_extract(r, fullkey || '.name'), '') || ' ' || coalesce(json_extract(r, fullkey || '.text'), '')) AS text
		FROM json_each(r, '$.marks') WHERE json_extract(r, fullkey || '.kind') = 'tag' ORDER BY key)) AS tags,
	json_extract(r, '$.transfer') AS transfer,
	r IS NULL AS damaged
FROM (
	SELECT *, CASE WHEN json_valid(CAST(summary AS TEXT)) THEN
		CASE WHEN json_extract(CAST(summary AS TEXT), '$.session') = id THEN CAST(summary AS TEXT) END
	END AS r
	FROM sessions
) AS s;

INSERT INTO sessions (n, id, version, epoch, attempts, due, ended, todo, node, flow, name, tenant, started, summary, record)
	VALUES (1, 's1', 3, 2, 1, 1700000060000000, NULL, 1, 'n1', 'hash', 'support', 'tenant', 1700000000000000, X'7b7d', CAST('record' AS BLOB)),
	       (2, 's2', 9, 1, 0, NULL, 1700000090000000, 0, 'n1', 'hash', 'support', 'tenant', 1700000000000001, NULL, NULL);
INSERT INTO calls (n, call, session) VALUES (1, 'call-1', 1), (2, 'call-2', 1), (3, 'call-3', 2);
INSERT INTO keys (session, name, wrapped) VALUES (1, 'call', X'00ff');
INSERT INTO journal (n, session, version, at, key, outline, body)
	VALUES (1, 1, 3, 1700000000000000, 'call', CAST('{}' AS BLOB), CAST('body' AS BLOB));
INSERT INTO mails (n, session, tenant, at, body) VALUES (7, 1, '', 1700000000000000, CAST('mail' AS BLOB));
INSERT INTO nodes (id, host, started, until, drain) VALUES ('n1', 'host', 1700000000000000, 1700000008000000, 0);
INSERT INTO counters (name, value) VALUES ('counter', 5);
INSERT INTO blobs (name, put, data) VALUES ('blob', 1700000000000000, CAST('data' AS BLOB));
INSERT INTO flows (version, name, added, sources) VALUES ('hash', 'support', 1700000000000000, CAST('sources' AS BLOB));
PRAGMA application_id = 1769370214;
PRAGMA user_version = 2;
