-- Whom a Stripe event is about: ids of Stripe's customers, subscriptions and payments, ours of customers
-- and accounts, users as a checkout names them, and email addresses in lower case. Immutable, because an
-- index is made of it.
CREATE FUNCTION people_in(payload jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(DISTINCT person), '{}') FROM (
    SELECT value #>> '{}' AS person FROM jsonb_path_query(payload,
      'strict $.** ? (@.type() == "string" && @ like_regex "^(acct|cus|cust|pi|sub)_[0-9A-Za-z_]{1,250}$")') AS value
    UNION ALL
    SELECT lower(value #>> '{}') FROM jsonb_path_query(payload,
      'strict $.** ? (@.type() == "string" && @ like_regex "^[^@ ]{1,64}@[^@ ]{1,255}$")') AS value
    UNION ALL
    SELECT person FROM unnest(ARRAY[
      payload #>> '{data,object,client_reference_id}', payload #>> '{data,object,metadata,user_id}'
    ]) AS person WHERE length(person) <= 250
  ) AS people
$$;
--> statement-breakpoint
-- Knows one of Stripe's random ids again, and is no digest that anything else is made with.
CREATE FUNCTION erased_digest(id text) RETURNS bytea LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$
  SELECT sha256(convert_to('strongroom erased ' || id, 'UTF8'))
$$;
--> statement-breakpoint
CREATE TABLE "erased_stripe_customers" (
	"digest" "bytea" PRIMARY KEY NOT NULL,
	"erased_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "customers" DROP CONSTRAINT "customers_stripe_customer_id";--> statement-breakpoint
ALTER TABLE "customers" ADD COLUMN "erased_at" timestamp (3) with time zone;--> statement-breakpoint
CREATE UNIQUE INDEX "customers_stripe_customer_id" ON "customers" USING btree ("stripe_customer_id") WHERE "customers"."stripe_customer_id" is not null;--> statement-breakpoint
CREATE INDEX "stripe_events_people" ON "stripe_events" USING gin (people_in("payload"));--> statement-breakpoint
ALTER TABLE "customers" ADD CONSTRAINT "customers_erased" CHECK ("customers"."erased_at" is null or ("customers"."email" = '' and "customers"."company_name" is null and "customers"."stripe_customer_id" is null and "customers"."metadata" = '{}'));