-- What a budget has counted of holds whose time is over. The time is a parameter: compared with clock_timestamp(), all
-- open holds of the account would be read, and not those alone.
CREATE FUNCTION lapsed_of_budget(b budgets, at timestamptz) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT coalesce(sum(h.amount), 0)::bigint
  FROM holds h JOIN transfers m ON m.account_id = h.account_id AND m.seq = h.seq
  WHERE h.account_id = b.account_id AND h.status = 'open' AND h.expires_at <= at
    AND h.seq > b.since_seq
    AND (b.reference_prefix IS NULL OR starts_with(m.reference, b.reference_prefix))
    AND (b.reason IS NULL OR m.reason = b.reason)
$$;
--> statement-breakpoint
-- Holds that a transaction ends are written before its budgets. The version before writes them after, so until it is
-- restarted its events may tell less than was used.
CREATE OR REPLACE FUNCTION tell_of_budget() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  told_before smallint := CASE WHEN new.window_start = old.window_start THEN old.alerted ELSE 0 END;
  may_be_passed boolean := new.mode = 'soft' AND new.used > new.amount
    AND new.passed_in IS DISTINCT FROM new.window_start;
  counted bigint;
  facts jsonb;
BEGIN
  IF new.alerted <= told_before AND NOT may_be_passed THEN
    RETURN new;
  END IF;
  counted := new.used - lapsed_of_budget(new, clock_timestamp());
  facts := jsonb_build_object(
    'budget_id', new.id, 'mode', new.mode, 'window', new.window, 'amount', new.amount, 'used', counted,
    'window_start', to_char(new.window_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'resets_at', to_char(new.resets_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
  );
  INSERT INTO event_outbox (type, subject, data)
  SELECT 'budget.threshold', 'acct_' || new.account_id, facts || jsonb_build_object('percent', percent)
  FROM unnest(new.alert_at) AS percent WHERE percent > told_before AND percent <= new.alerted
  ORDER BY percent;
  IF may_be_passed AND counted > new.amount THEN
    new.passed_in := new.window_start;
    INSERT INTO event_outbox (type, subject, data) VALUES ('budget.exceeded', 'acct_' || new.account_id, facts);
  END IF;
  RETURN new;
END
$$;
