-- What a budget has counted of holds whose time is over is in `used` until they end, and counts no longer. So its
-- events leave it out, as the API does. Holds that a transaction ends are written before its budgets.
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
  SELECT new.used - coalesce(sum(h.amount), 0) INTO counted
  FROM holds h JOIN transfers m ON m.account_id = h.account_id AND m.seq = h.seq
  WHERE h.account_id = new.account_id AND h.status = 'open' AND h.expires_at <= clock_timestamp()
    AND h.seq > new.since_seq
    AND (new.reference_prefix IS NULL OR starts_with(m.reference, new.reference_prefix))
    AND (new.reason IS NULL OR m.reason = new.reason);
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
