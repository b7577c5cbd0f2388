-- The same people, found faster: a bound on repetition makes an expression many times as slow as the
-- comparison of lengths that stands in its place. What the index has stays as it is.
CREATE OR REPLACE FUNCTION people_in(payload jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  WITH texts AS MATERIALIZED (
    SELECT value #>> '{}' AS text
    FROM jsonb_path_query(payload, 'strict $.** ? (@.type() == "string")') AS value
  )
  SELECT coalesce(array_agg(DISTINCT person), '{}') FROM (
    SELECT text AS person FROM texts
    WHERE text ~ '^(acct|cus|cust|pi|sub)_[0-9A-Za-z_]+$' AND length(text) - strpos(text, '_') <= 250
    UNION ALL
    SELECT lower(text) FROM texts
    WHERE strpos(text, '@') BETWEEN 2 AND 65 AND text ~ '(?p)^[^@ ]+@[^@ ]+$'
      AND length(text) - strpos(text, '@') <= 255
    UNION ALL
    SELECT person FROM unnest(ARRAY[
      payload #>> '{data,object,client_reference_id}', payload #>> '{data,object,metadata,user_id}'
    ]) AS person WHERE length(person) <= 250
  ) AS people
$$;
