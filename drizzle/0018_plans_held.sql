CREATE TABLE "stripe_customers" (
	"id" text PRIMARY KEY NOT NULL,
	"customer_id" text NOT NULL,
	"linked_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "plan_prices" (
	"price_id" text PRIMARY KEY NOT NULL,
	"plan_id" text NOT NULL,
	"position" integer,
	"since" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "customers" ADD COLUMN "base_plan" text;
--> statement-breakpoint
ALTER TABLE "customers" ADD COLUMN "base_plan_known" boolean DEFAULT false NOT NULL;
--> statement-breakpoint
ALTER TABLE "customers" ADD COLUMN "external_id" text;
--> statement-breakpoint
ALTER TABLE "licenses" ADD COLUMN "quantity" bigint;
--> statement-breakpoint
ALTER TABLE "plans" ADD COLUMN "rank" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "plans" ADD COLUMN "checkout" jsonb;
--> statement-breakpoint
ALTER TABLE "subscriptions" ADD COLUMN "items" jsonb;
--> statement-breakpoint
ALTER TABLE "subscriptions" ADD COLUMN "held_items" jsonb;
--> statement-breakpoint
ALTER TABLE "subscriptions" ADD COLUMN "settled" jsonb DEFAULT '[]'::jsonb NOT NULL;
--> statement-breakpoint
ALTER TABLE "subscriptions" ADD COLUMN "latest_invoice" text;
--> statement-breakpoint
ALTER TABLE "subscriptions" ADD COLUMN "pause" text;
--> statement-breakpoint
ALTER TABLE "subscriptions" ADD COLUMN "cancel_at" timestamp (3) with time zone;
--> statement-breakpoint
ALTER TABLE "stripe_customers" ADD CONSTRAINT "stripe_customers_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "plan_prices" ADD CONSTRAINT "plan_prices_plan_id_plans_id_fk" FOREIGN KEY ("plan_id") REFERENCES "public"."plans"("id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
CREATE INDEX "stripe_customers_customer" ON "stripe_customers" USING btree ("customer_id");
--> statement-breakpoint
CREATE INDEX "plan_prices_plan" ON "plan_prices" USING btree ("plan_id","position");
--> statement-breakpoint
ALTER TABLE "customers" ADD CONSTRAINT "customers_base_plan_plans_id_fk" FOREIGN KEY ("base_plan") REFERENCES "public"."plans"("id") ON DELETE no action ON UPDATE no action NOT VALID;
--> statement-breakpoint
-- By hand from here on: what the plans a customer holds are derived by.
-- The plan that each price means. Of a plan that only the version before has written, the price is in its row.
CREATE VIEW price_meanings AS
SELECT price_id, plan_id, position FROM plan_prices
UNION ALL
SELECT p.stripe_price_id, p.id, 0 FROM plans p
WHERE p.stripe_price_id IS NOT NULL
  AND NOT EXISTS (SELECT FROM plan_prices known WHERE known.price_id = p.stripe_price_id);
--> statement-breakpoint
-- The plans of each subscription, by the items that count, whether or not it gives access.
CREATE VIEW subscription_plans AS
SELECT s.id AS subscription_id, s.customer_id, s.stripe_customer_id, s.created_at,
  p.id AS plan_id, p.rank, held.quantity, held.period_start, held.period_end, ends.at AS ends_at,
  s.status IN ('trialing', 'active', 'past_due') AND (ends.at IS NULL OR ends.at > now())
    AS gives_access
FROM subscriptions s
CROSS JOIN LATERAL (
  SELECT m.plan_id, coalesce(sum(item.quantity), 1)::bigint AS quantity,
    to_timestamp(max(item.start)) AS period_start, to_timestamp(max(item."end")) AS period_end
  FROM jsonb_to_recordset(coalesce(s.held_items, s.items, jsonb_build_array(jsonb_build_object(
    'price', s.stripe_price_id, 'quantity', s.quantity,
    'start', extract(epoch FROM s.current_period_start),
    'end', extract(epoch FROM s.current_period_end)
  )))) AS item (price text, quantity bigint, start float8, "end" float8)
  JOIN price_meanings m ON m.price_id = item.price
  GROUP BY m.plan_id
) held
JOIN plans p ON p.id = held.plan_id
CROSS JOIN LATERAL (
  SELECT coalesce(s.cancel_at, CASE WHEN s.cancel_at_period_end THEN held.period_end END) AS at
) ends;
--> statement-breakpoint
-- The plan that an operator has set. What the version before has written may be that of a subscription.
CREATE FUNCTION base_plan_of(c customers) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN c.base_plan_known THEN c.base_plan
    WHEN NOT EXISTS (
      SELECT FROM subscriptions s
      WHERE s.customer_id = c.id AND s.plan = c.plan
        AND s.status IN ('trialing', 'active', 'past_due')
    ) THEN c.plan
  END
$$;
--> statement-breakpoint
-- The plans that customers hold now: by subscription, and the one that an operator has set or else the
-- default. Place 1 is the customer's plan. The last two count for limits and prices only while no
-- subscription gives access to a plan of equal or higher rank.
CREATE FUNCTION held_plans(customer_ids text[], default_plan text)
RETURNS TABLE (customer_id text, plan_id text, rank integer, place bigint, counts boolean)
LANGUAGE sql STABLE AS $$
  WITH subscribed AS (
    SELECT s.customer_id, s.plan_id, s.rank, max(s.created_at) AS since
    FROM subscription_plans s
    WHERE s.customer_id = ANY(customer_ids) AND s.gives_access
    GROUP BY s.customer_id, s.plan_id, s.rank
  ),
  base AS (
    SELECT c.id AS customer_id, p.id AS plan_id, p.rank
    FROM customers c
    JOIN plans p ON p.id = coalesce(base_plan_of(c), default_plan)
    WHERE c.id = ANY(customer_ids) AND c.erased_at IS NULL
  ),
  held AS (
    SELECT s.customer_id, s.plan_id, s.rank, s.since, true AS counts FROM subscribed s
    UNION ALL
    SELECT b.customer_id, b.plan_id, b.rank, NULL, NOT EXISTS (
      SELECT FROM subscribed s WHERE s.customer_id = b.customer_id AND s.rank >= b.rank
    )
    FROM base b
    WHERE NOT EXISTS (
      SELECT FROM subscribed s WHERE s.customer_id = b.customer_id AND s.plan_id = b.plan_id
    )
  )
  SELECT h.customer_id, h.plan_id, h.rank, row_number() OVER (
    PARTITION BY h.customer_id ORDER BY h.rank DESC, h.since DESC NULLS LAST, h.plan_id
  ), h.counts
  FROM held h
$$;
