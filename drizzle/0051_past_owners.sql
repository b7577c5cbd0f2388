-- How metrics were paid for in the past, of customers for whom that has changed since the time given with
-- each. The spans of a customer that has rows here go without a gap from -infinity to its last `until`,
-- from when on `held_plans` says it; a span in which nothing was paid for has a row without a metric. What
-- was first held counts for the time before, too.
CREATE OR REPLACE FUNCTION past_prices(customer_ids text[], times timestamptz[], default_plan text)
RETURNS TABLE (customer_id text, since timestamptz, until timestamptz, plan_id text, metric text,
  metering jsonb)
LANGUAGE sql STABLE AS $$
  WITH asked AS MATERIALIZED (
    SELECT a.customer_id, min(a.at) AS at FROM unnest(customer_ids, times) AS a (customer_id, at)
    GROUP BY a.customer_id
  ),
  -- What a subscription was is ordered across its owners: it is nobody's before it came to them.
  subscription AS MATERIALIZED (
    SELECT s.id FROM asked a JOIN subscriptions s ON s.customer_id = a.customer_id
    UNION
    SELECT p.subscription_id FROM asked a JOIN subscriptions_past p ON p.customer_id = a.customer_id
  ),
  state AS MATERIALIZED (
    SELECT owned.* FROM (
      SELECT known.*, lag(known.until, 1, '-infinity') OVER (
        PARTITION BY known.id ORDER BY known.until
      ) AS since
      FROM (
        SELECT s.customer_id, s.id, s.created_at, s.status, counted_items(s) AS items, s.cancel_at,
          s.cancel_at_period_end, 'infinity'::timestamptz AS until
        FROM subscriptions s WHERE s.id IN (SELECT subscription.id FROM subscription)
        UNION ALL
        SELECT p.customer_id, p.subscription_id, p.created_at, p.status, p.items, p.cancel_at,
          p.cancel_at_period_end, p.until
        FROM subscriptions_past p WHERE p.subscription_id IN (SELECT subscription.id FROM subscription)
      ) known
    ) owned
    WHERE owned.customer_id IN (SELECT a.customer_id FROM asked a)
  ),
  item AS MATERIALIZED (
    SELECT state.customer_id, state.created_at, state.since, state.until, item.price,
      state.status IN ('trialing', 'active', 'past_due') AS has_access,
      coalesce(
        state.cancel_at,
        CASE WHEN state.cancel_at_period_end THEN to_timestamp(item."end") END
      ) AS ends_at
    FROM state, jsonb_to_recordset(state.items) AS item (price text, "end" float8)
  ),
  meaning AS MATERIALIZED (
    SELECT known.*, lag(known.until, 1, '-infinity') OVER (
      PARTITION BY known.price_id ORDER BY known.until
    ) AS since
    FROM (
      SELECT m.price_id, m.plan_id, 'infinity'::timestamptz AS until FROM price_meanings m
      WHERE m.price_id IN (SELECT item.price FROM item)
      UNION ALL
      SELECT p.price_id, p.plan_id, p.until FROM plan_prices_past p
      WHERE p.price_id IN (SELECT item.price FROM item)
    ) known
  ),
  base AS MATERIALIZED (
    SELECT known.customer_id, coalesce(known.plan_id, default_plan) AS plan_id, known.until,
      lag(known.until, 1, '-infinity') OVER (
        PARTITION BY known.customer_id ORDER BY known.until
      ) AS since
    FROM (
      SELECT a.customer_id, base_plan_of(c) AS plan_id, 'infinity'::timestamptz AS until
      FROM asked a JOIN customers c ON c.id = a.customer_id
      UNION ALL
      SELECT a.customer_id, p.base_plan, p.until
      FROM asked a JOIN base_plans_past p ON p.customer_id = a.customer_id
    ) known
  ),
  linked AS MATERIALIZED (
    SELECT i.customer_id, m.plan_id FROM item i JOIN meaning m ON m.price_id = i.price
    UNION
    SELECT b.customer_id, b.plan_id FROM base b WHERE b.plan_id IS NOT NULL
  ),
  terms AS MATERIALIZED (
    SELECT known.*, lag(known.until, 1, '-infinity') OVER (
      PARTITION BY known.plan_id ORDER BY known.until
    ) AS since
    FROM (
      SELECT p.id AS plan_id, p.rank, p.metered, 'infinity'::timestamptz AS until FROM plans p
      WHERE p.id IN (SELECT l.plan_id FROM linked l)
      UNION ALL
      SELECT p.plan_id, p.rank, p.metered, p.until FROM plans_past p
      WHERE p.plan_id IN (SELECT l.plan_id FROM linked l)
    ) known
  ),
  point AS MATERIALIZED (
    SELECT any_point.customer_id, any_point.at FROM (
      SELECT i.customer_id, unnest(array[i.created_at, i.since, i.until, i.ends_at]) AS at
      FROM item i
      UNION ALL
      SELECT b.customer_id, b.until FROM base b
      UNION ALL
      SELECT i.customer_id, m.until FROM item i JOIN meaning m ON m.price_id = i.price
      UNION ALL
      SELECT l.customer_id, t.until FROM linked l JOIN terms t ON t.plan_id = l.plan_id
    ) any_point
    WHERE any_point.at <= now()
    UNION
    SELECT a.customer_id, '-infinity' FROM asked a
  ),
  span AS MATERIALIZED (
    SELECT p.customer_id, p.at, lead(p.at) OVER each_point AS until
    FROM point p
    WHERE p.customer_id IN (
      SELECT a.customer_id FROM asked a JOIN point later ON later.customer_id = a.customer_id
      WHERE later.at > a.at
    )
    WINDOW each_point AS (PARTITION BY p.customer_id ORDER BY p.at)
  ),
  subscribed AS MATERIALIZED (
    SELECT s.customer_id, s.at, m.plan_id, t.rank, t.metered, max(i.created_at) AS newest
    FROM span s
    JOIN item i ON i.customer_id = s.customer_id AND i.created_at <= s.at
      AND i.since <= s.at AND i.until > s.at
    JOIN meaning m ON m.price_id = i.price AND m.since <= s.at AND m.until > s.at
    JOIN terms t ON t.plan_id = m.plan_id AND t.since <= s.at AND t.until > s.at
    WHERE s.until IS NOT NULL AND i.has_access AND (i.ends_at IS NULL OR i.ends_at > s.at)
    GROUP BY s.customer_id, s.at, m.plan_id, t.rank, t.metered
  ),
  held AS MATERIALIZED (
    SELECT s.*, true AS counts FROM subscribed s
    UNION ALL
    SELECT s.customer_id, s.at, t.plan_id, t.rank, t.metered, NULL, NOT EXISTS (
      SELECT FROM subscribed o
      WHERE o.customer_id = s.customer_id AND o.at = s.at AND o.rank >= t.rank
    )
    FROM span s
    JOIN base b ON b.customer_id = s.customer_id AND b.since <= s.at AND b.until > s.at
    JOIN terms t ON t.plan_id = b.plan_id AND t.since <= s.at AND t.until > s.at
    WHERE s.until IS NOT NULL
  ),
  first AS (
    SELECT h.customer_id, min(h.at) AS at FROM held h GROUP BY h.customer_id
  ),
  priced AS (
    SELECT DISTINCT ON (h.customer_id, h.at, m.key)
      h.customer_id, h.at, h.plan_id, m.key AS metric, m.value AS metering
    FROM held h CROSS JOIN LATERAL jsonb_each(h.metered) m
    WHERE h.counts AND h.metered IS NOT NULL
    ORDER BY h.customer_id, h.at, m.key, h.rank DESC, h.newest DESC NULLS LAST, h.plan_id
  )
  SELECT s.customer_id, CASE WHEN s.at = f.at THEN '-infinity' ELSE s.at END, s.until, p.plan_id,
    p.metric, p.metering
  FROM span s
  JOIN first f ON f.customer_id = s.customer_id AND s.at >= f.at
  LEFT JOIN priced p ON p.customer_id = s.customer_id AND p.at = s.at
  WHERE s.until IS NOT NULL
$$;
