-- Sessions: what a session is found by stands in columns; its record is sealed.
-- Half of each page is left free, so that a change of a session finds room beside
-- the row before it and no index is touched. For that no index has a column that
-- an ordinary change touches: live is false once record is null for good.
CREATE TABLE sessions (
	session  text COLLATE "C" PRIMARY KEY,
	version  bigint NOT NULL,
	epoch    bigint NOT NULL,
	node     text COLLATE "C" NOT NULL,
	flow     text COLLATE "C" NOT NULL,
	name     text NOT NULL,
	tenant   text NOT NULL,
	started  timestamptz NOT NULL,
	due      timestamptz,
	ended    timestamptz,
	attempts integer NOT NULL,
	live     boolean NOT NULL,
	record   bytea,
	summary  bytea,
	write    bigint NOT NULL, -- which change was the last
	claim    bigint NOT NULL DEFAULT 0 -- by which a node got it
) WITH (fillfactor = 50, toast_tuple_target = 8160, autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE sessions ALTER record SET STORAGE EXTERNAL;
CREATE INDEX sessions_node ON sessions (node) WHERE live;
CREATE INDEX sessions_started ON sessions (started, session);
CREATE INDEX sessions_flow ON sessions (flow, ended);
CREATE INDEX sessions_ended ON sessions (ended) WHERE ended IS NOT NULL;

-- Graph's calls. They are numbered as they came.
CREATE TABLE calls (
	call    text COLLATE "C" PRIMARY KEY,
	session text COLLATE "C" NOT NULL,
	n       bigint NOT NULL GENERATED ALWAYS AS IDENTITY
);
CREATE INDEX calls_session ON calls (session);

-- Keys of sessions, wrapped. A key that is destroyed is gone from its page soon.
CREATE TABLE keys (
	session text COLLATE "C" NOT NULL,
	name    text COLLATE "C" NOT NULL,
	wrapped bytea NOT NULL,
	PRIMARY KEY (session, name)
) WITH (autovacuum_vacuum_scale_factor = 0.01);

CREATE TABLE journal (
	session text COLLATE "C" NOT NULL,
	version bigint NOT NULL,
	at      timestamptz NOT NULL,
	outline bytea,
	key     text NOT NULL,
	body    bytea,
	write   bigint NOT NULL, -- the change that it tells of
	PRIMARY KEY (session, version)
);
ALTER TABLE journal ALTER body SET STORAGE EXTERNAL;

CREATE TABLE mail (
	id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	session text COLLATE "C" NOT NULL,
	tenant  text NOT NULL,
	at      timestamptz NOT NULL,
	body    bytea,
	write   bigint NOT NULL UNIQUE -- by which it is known when it is posted again
) WITH (autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE mail ALTER body SET STORAGE EXTERNAL;
CREATE INDEX mail_session ON mail (session, id);

-- Nodes. One that has left is kept while sessions still bear its name.
CREATE TABLE nodes (
	id      text COLLATE "C" PRIMARY KEY,
	host    text NOT NULL,
	started timestamptz NOT NULL,
	until   timestamptz NOT NULL, -- end of its lease
	drain   boolean NOT NULL DEFAULT false,
	gone    boolean NOT NULL DEFAULT false
) WITH (fillfactor = 50);

CREATE TABLE counters (
	name text COLLATE "C" PRIMARY KEY,
	n    bigint NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE blobs (
	name text COLLATE "C" PRIMARY KEY,
	data bytea NOT NULL,
	put  timestamptz NOT NULL
);
ALTER TABLE blobs ALTER data SET STORAGE EXTERNAL;

CREATE TABLE flows (
	version text COLLATE "C" PRIMARY KEY,
	name    text NOT NULL,
	added   timestamptz NOT NULL,
	sources bytea
);
