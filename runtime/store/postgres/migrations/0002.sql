-- A session's summary as JSON; NULL if it is damaged, so that one record does not
-- spoil a query of many. What the view below makes of it is tried here. JSON in the
-- database has no U+0000.
CREATE FUNCTION call_record(id text, summary bytea) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
	r jsonb;
BEGIN
	r := replace(convert_from(summary, 'UTF8'), '\u0000', '\ufffd')::jsonb;
	PERFORM (r->>'answered')::timestamptz, (r->'result'->>'code')::integer, (r->'result'->>'subcode')::integer,
		(r->>'steps')::integer, jsonb_array_length(coalesce(r->'marks', '[]'));
	RETURN CASE WHEN r->>'session' = id THEN r END;
EXCEPTION WHEN OTHERS THEN
	RETURN NULL;
END $$;

-- Detail records of calls as rows, for people and their programs: the columns of
-- ivrflow calls export, NULL for what is empty there. It reads what every change
-- of a session writes anyway. A later step may add columns behind these.
CREATE VIEW call_records AS
SELECT
	s.session,
	s.name AS flow,
	s.flow AS version,
	CASE WHEN r IS NULL THEN NULL WHEN r->>'outgoing' = 'true' THEN 'out' ELSE 'in' END AS direction,
	r->'caller'->>'kind' AS caller_kind,
	r->'caller'->>'id' AS caller,
	r->'called'->>'kind' AS called_kind,
	r->'called'->>'id' AS called,
	nullif(s.tenant, '') AS tenant,
	s.started,
	(r->>'answered')::timestamptz AS answered,
	s.ended,
	CASE WHEN r ? 'answered' AND s.ended IS NOT NULL
		THEN round(greatest(extract(epoch FROM s.ended - (r->>'answered')::timestamptz), 0), 3) END AS seconds,
	r->>'ended_by' AS ended_by,
	coalesce((r->'result'->>'code')::integer, 0) AS code,
	coalesce((r->'result'->>'subcode')::integer, 0) AS subcode,
	r->'result'->>'reason' AS reason,
	coalesce((r->>'steps')::integer, 0) AS steps,
	(SELECT string_agg(c.call, ' ' ORDER BY c.n) FROM calls c WHERE c.session = s.session) AS calls,
	(SELECT string_agg(btrim(concat(m->>'name', ' ', m->>'text')), '; ' ORDER BY n)
		FROM jsonb_array_elements(r->'marks') WITH ORDINALITY AS e (m, n) WHERE m->>'kind' IS DISTINCT FROM 'tag') AS milestones,
	(SELECT string_agg(btrim(concat(m->>'name', ' ', m->>'text')), '; ' ORDER BY n)
		FROM jsonb_array_elements(r->'marks') WITH ORDINALITY AS e (m, n) WHERE m->>'kind' = 'tag') AS tags,
	r->>'transfer' AS transfer,
	r IS NULL AS damaged
FROM sessions s CROSS JOIN LATERAL call_record(s.session, s.summary) AS r;
