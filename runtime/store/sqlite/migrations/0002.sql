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
