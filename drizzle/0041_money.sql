-- The version before gave back to budgets what disputes had held when they ended, though nothing of it was
-- counted. The accounts first, as everywhere: whatever counts waits for this, or is waited for.
SELECT id FROM accounts WHERE id IN (
  SELECT b.account_id FROM transfers m
  JOIN holds h ON h.account_id = m.account_id AND h.seq = m.seq
    AND h.status = 'released' AND h.expires_at >= '9999-12-31T00:00:00Z'
  JOIN budgets b ON b.account_id = m.account_id AND m.seq > b.since_seq
  WHERE hashtextextended(m.reason, 0) = hashtextextended('dispute', 0) AND m.kind = 'hold'
) ORDER BY id FOR UPDATE;
--> statement-breakpoint
-- safe: the budgets of accounts with a dispute that has ended in the window, which are few and locked
UPDATE budgets b SET used = b.used + given.amount
FROM (
  SELECT b.account_id, b.id, sum(h.amount) AS amount FROM transfers m
  JOIN holds h ON h.account_id = m.account_id AND h.seq = m.seq
    AND h.status = 'released' AND h.expires_at >= '9999-12-31T00:00:00Z'
  JOIN budgets b ON b.account_id = m.account_id AND m.seq > b.since_seq
    AND (b.reason IS NULL OR b.reason = m.reason)
    AND (b.reference_prefix IS NULL OR starts_with(m.reference, b.reference_prefix))
  WHERE hashtextextended(m.reason, 0) = hashtextextended('dispute', 0) AND m.kind = 'hold'
  GROUP BY b.account_id, b.id
) given
WHERE b.account_id = given.account_id AND b.id = given.id;
--> statement-breakpoint
ALTER TABLE "budgets" ADD COLUMN "passed_in" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "grants" ADD COLUMN "closed_seq" bigint;
--> statement-breakpoint
-- What a charge, a hold or a refund makes of a budget, told in the same transaction: each percentage that is
-- reached, and once in each window that a soft budget is passed; a hard one refuses instead.
CREATE OR REPLACE FUNCTION tell_of_budget() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  facts jsonb := jsonb_build_object(
    'budget_id', new.id, 'mode', new.mode, 'window', new.window, 'amount', new.amount, 'used', new.used,
    'window_start', to_char(new.window_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'resets_at', to_char(new.resets_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
  );
  told_before smallint := CASE WHEN new.window_start = old.window_start THEN old.alerted ELSE 0 END;
BEGIN
  INSERT INTO event_outbox (type, subject, data)
  SELECT 'budget.threshold', 'acct_' || new.account_id, facts || jsonb_build_object('percent', percent)
  FROM unnest(new.alert_at) AS percent WHERE percent > told_before AND percent <= new.alerted
  ORDER BY percent;
  IF new.mode = 'soft' AND new.used > new.amount AND new.passed_in IS DISTINCT FROM new.window_start THEN
    new.passed_in := new.window_start;
    INSERT INTO event_outbox (type, subject, data) VALUES ('budget.exceeded', 'acct_' || new.account_id, facts);
  END IF;
  RETURN new;
END
$$;
--> statement-breakpoint
DROP TRIGGER budgets_told ON budgets;
--> statement-breakpoint
CREATE TRIGGER budgets_told BEFORE UPDATE ON budgets FOR EACH ROW
WHEN (new.alerted > 0 OR new.mode = 'soft' AND new.used > new.amount)
EXECUTE FUNCTION tell_of_budget();
