export interface paths {
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the state of the service and its dependencies
         * @description A 503 means that the database does not answer.
         */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check whether the process answers
         * @description Does not query the database. Use it to decide whether to restart the process.
         */
        get: operations["getLiveness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check whether the process is ready for requests
         * @description A 503 while the service shuts down or the database does not answer. Use it to decide whether to send requests to this process.
         */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/log/checkpoint": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The newest checkpoint of the audit log, as a signed note
         * @description In the format of C2SP’s tlog-checkpoint: the origin, the size and the root, signed by the log and cosigned by its witnesses.
         */
        get: operations["getLogCheckpoint"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/log/key": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The verifier key of the audit log
         * @description In the format of C2SP’s signed-note: `<origin>+<key id>+<key>`.
         */
        get: operations["getLogKey"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/log/tile/{path}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A tile of hashes of the audit log
         * @description In the format of C2SP’s tlog-tiles. A full tile, and a part of one that the newest checkpoint covers, never changes, and may be cached for ever. While the log lacks records that were published, no tile may be cached.
         */
        get: operations["getLogTile"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/.well-known/jwks.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The public keys that verify licences */
        get: operations["getKeys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/licenses/revocations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The signed list of revoked licences
         * @description A revocation is on the list within a second. The list is signed again every minute.
         */
        get: operations["getRevocations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/.well-known/events-jwks.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The public keys that verify events
         * @description A set of its own, because some libraries fail to read a set that mixes these keys with those of licences.
         */
        get: operations["getEventKeys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/console/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read whose session of the console a browser has */
        get: operations["getConsoleSession"];
        put?: never;
        /**
         * Sign a browser in to the console with a token
         * @description Sets a cookie that stands for the token on admin routes, for at most 12 h and no longer than the token itself. Changes made with it need the `Origin` of this service.
         */
        post: operations["signIn"];
        /** Sign a browser out of the console */
        delete: operations["signOut"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/portal/session/open": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Spend a portal’s link for a session
         * @description Called by the page that the link leads to. Sets a cookie for 30 minutes.
         */
        post: operations["openPortalSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/portal/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read whose portal a browser has open */
        get: operations["getPortalSession"];
        put?: never;
        /**
         * Make a link that opens a user’s portal
         * @description The link opens once and within 5 minutes. Then the browser has a session of 30 minutes for that account alone, which also ends with the calling token.
         *
         *     Needs a token with the permission `accounts:read`.
         */
        post: operations["invitePortal"];
        /** Close the portal in this browser */
        delete: operations["closePortalSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks/stripe": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Receive a signed event from Stripe
         * @description The event is stored once by its id, and answered before it is processed.
         */
        post: operations["receiveStripeEvent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the key's own customer
         * @description A customer can check its key with this call, and see when the key expires.
         */
        get: operations["getMe"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/licenses/{customer_id}/entitlements": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check whether the usable licences grant a feature, and up to what limit
         * @description A customer is entitled if a licence has the name as a feature that is on, or as a limit. Of several licences the most generous counts.
         *
         *     Needs a key with the scope `licenses:read`.
         */
        get: operations["getEntitlement"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/usage/report": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Report an instance's usage
         * @description If the plan has a price for a metric, the report pays it from the account whose `user_id` is the customer’s id: both happen, or neither. A report that was refused for lack of funds can be sent again. A metric name counts as the customer’s from its first report on. The metric values of an hour (UTC) are limited too; beyond that limit the answer is a 429 until the next hour. A report that is already stored costs nothing.
         *
         *     Needs a key with the scope `usage:write`.
         */
        post: operations["reportUsage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/usage/report/batch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Report what was used while there was no connection
         * @description Each report has its own outcome, and those of before a refused one stand. A body that does not match the schema is refused as a whole, with the place of its first fault. Give every report a `report_id`, so that the batch can be sent again. Up to 4 MiB, and 10,000 metric values in all reports together. A batch that does not fit into the values of this hour is a 429 as a whole, and nothing of it is stored; a report with too many new metric names is refused alone.
         *
         *     Needs a key with the scope `usage:write`.
         */
        post: operations["reportUsageBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/subscriptions/{customer_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the subscriptions of a customer: for a key, of its own
         * @description Ended subscriptions are left out. `subscription` is the one whose plan has the highest rank, then the newest; null if none is to a plan.
         *
         *     Needs a key with the scope `subscriptions:read`, or an operator’s token with the permission `subscriptions:read`.
         */
        get: operations["getSubscription"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/subscriptions/checkout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Subscribe to a plan on Stripe's page
         * @description Repeating the request returns the same session, as long as it is open.
         *
         *     Needs a key with the scope `billing:write`, or an operator’s token with the permission `subscriptions:write`.
         */
        post: operations["openSubscriptionCheckout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/subscriptions/portal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Change or end the subscription on Stripe's page
         * @description Needs a key with the scope `billing:write`, or an operator’s token with the permission `subscriptions:write`.
         */
        post: operations["openPortal"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/licenses/{customer_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The usable licences of a customer, newest first: for a key, of its own
         * @description Cheap to poll: send the `etag` back as `If-None-Match`, and the answer is a 304 as long as nothing has changed. Each `token` verifies offline, with the keys of `/.well-known/jwks.json`. A page has up to 200 licences, and fewer where their features are long.
         *
         *     Needs a key with the scope `licenses:read`, or an operator’s token with the permission `customers:read`.
         */
        get: operations["listLicenses"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/usage/{customer_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read totals of a customer’s usage, oldest first: for a key, of its own
         * @description Whole hours, days or months in UTC: from the one that contains `from` to the last one that starts before `to`. By default `to` is now, and `from` a day, 30 days or a year earlier. At most a year of hours, ten years of days or months, and 10,000 totals.
         *
         *     Needs a key with the scope `usage:read`, or an operator’s token with the permission `usage:read`.
         */
        get: operations["getUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/funds/adjustments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Move money by hand, for a reason
         * @description Between the account of a user and `adjustments`, and recorded as `funds.adjusted` with who did it and why. It may take from a frozen account, and from none below its floor. The answer has the amount with its sign.
         *
         *     Needs a token with the permission `funds:write`.
         */
        post: operations["adjustFunds"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/funds/accounts/{user_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a user's account
         * @description Needs a token with the permission `funds:read`.
         */
        get: operations["getFundsAccount"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Freeze a user’s account, or end that
         * @description A frozen account is not charged. Money can still be given back to it.
         *
         *     Needs a token with the permission `funds:write`.
         */
        patch: operations["setFundsAccountStatus"];
        trace?: never;
    };
    "/api/funds/flow": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Sum what moved on all accounts, by hour or day
         * @description By kind and asset, over at most 8 days.
         *
         *     Needs a token with the permission `funds:read`.
         */
        get: operations["getMoneyFlow"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/funds/accounts/{user_id}/grants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List a user's grants, newest first
         * @description With `status`, even a page that is not the last can have fewer items than `limit`. The list ends where `next_cursor` is null.
         *
         *     Needs a token with the permission `funds:read`.
         */
        get: operations["listFundsGrants"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/funds/accounts/{user_id}/budgets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List a user's budgets, newest first
         * @description Needs a token with the permission `funds:read`.
         */
        get: operations["listFundsBudgets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/funds/accounts/{user_id}/statement": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A statement of a user's account
         * @description The balance before `from`, everything that changed it before `to`, and the balance then, which is the sum of both. It is sent while it is read, however long it is. With `format=csv` it has a row for each movement, the first being `opening` and the last `closing`: one that ends without is not whole. Statements whose `from` is the `to` of the one before have each movement once, and a statement of the same times says the same whenever it is asked for.
         *
         *     Needs a token with the permission `funds:read`.
         */
        get: operations["getFundsStatement"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/funds/transfers/{transfer_id}/receipt": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Prove a transfer offline, to anyone
         * @description With `accept: text/plain` the answer is a tlog-proof (C2SP), which proves the record against the published checkpoint and its witnesses. The proof’s `extra` is the record.
         *
         *     Needs a token with the permission `funds:read`.
         */
        get: operations["getFundsReceipt"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/funds/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List accounts, newest first
         * @description With several filters, or one on a value that changes with each charge, even a page that is not the last can have fewer items than `limit`. The list ends where `next_cursor` is null.
         *
         *     Needs a token with the permission `funds:read`.
         */
        get: operations["listFundsAccounts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/funds/transfers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Find transfers of all accounts, newest first
         * @description All filters that are given apply. With several filters, or one on a value that changes with each charge, even a page that is not the last can have fewer items than `limit`. The list ends where `next_cursor` is null. A page of items with long `metadata` ends before `limit`, even if it is not the last.
         *
         *     Needs a token with the permission `funds:read`.
         */
        get: operations["findFundsTransfers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/funds/holds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List holds, newest first
         * @description With several filters, or one on a value that changes with each charge, even a page that is not the last can have fewer items than `limit`. The list ends where `next_cursor` is null. A page of items with long `metadata` ends before `limit`, even if it is not the last.
         *
         *     Needs a token with the permission `funds:read`.
         */
        get: operations["listFundsHolds"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List plans, newest first
         * @description A page of items with long `features` ends before `limit`, even if it is not the last.
         *
         *     Takes any token of its scope.
         */
        get: operations["listPlans"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plans/{plan_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a plan
         * @description Takes any token of its scope.
         */
        get: operations["getPlan"];
        /**
         * Create a plan, or replace it as a whole
         * @description Optional fields without a value become null. Features and limits reach a licence when it is next issued: at the renewal, or when the subscription changes. A price that is left out still means the plan for subscriptions that pay it, until another plan names it.
         *
         *     Needs a token with the permission `plans:write`.
         */
        put: operations["putPlan"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/customers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List customers, newest first
         * @description A page of items with long `metadata` ends before `limit`, even if it is not the last.
         *
         *     Needs a token with the permission `customers:read`.
         */
        get: operations["listCustomers"];
        put?: never;
        /**
         * Create a customer with a first API key
         * @description Repeating the call with the same `Idempotency-Key` returns the first answer, but with `api_key: null`, because the key is not stored. If the first answer was lost, issue another key.
         *
         *     Needs a token with the permission `customers:write`.
         */
        post: operations["createCustomer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/customers/{customer_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a customer
         * @description Needs a token with the permission `customers:read`.
         */
        get: operations["getCustomer"];
        put?: never;
        post?: never;
        /**
         * Erase a customer for good
         * @description A 200 if it is complete within 2 s. Otherwise a 202: the customer is unknown to every other call, and a job deletes the rest.
         *
         *     Needs a token with the permission `privacy:write`.
         */
        delete: operations["eraseCustomer"];
        options?: never;
        head?: never;
        /**
         * Change a customer; suspending stops its keys
         * @description Other fields stay unchanged. Suspending takes effect within a second.
         *
         *     Needs a token with the permission `customers:write`.
         */
        patch: operations["updateCustomer"];
        trace?: never;
    };
    "/api/customers/{customer_id}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export everything that is stored about a customer
         * @description One JSON document, for the person behind the customer. It is sent while it is read, and has no size limit. It contains no key and no licence token. If something fails, the connection is cut, and what has arrived is invalid JSON; ask again.
         *
         *     Needs a token with the permission `privacy:write`.
         */
        get: operations["exportCustomer"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/customers/{customer_id}/api-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List a customer's API keys, never their secrets
         * @description Needs a token with the permission `customers:read`.
         */
        get: operations["listApiKeys"];
        put?: never;
        /**
         * Issue a further API key
         * @description Needs a token with the permission `keys:write`.
         */
        post: operations["issueApiKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/customers/{customer_id}/api-keys/{key_id}/calls": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Count the calls with an API key by hour or day, oldest first
         * @description Whole hours or days in UTC: from the one that contains `from` to the last one that starts before `to`. By default `to` is now, and `from` a day or 30 days earlier. Calls are counted within a few seconds; hours and days without calls are left out.
         *
         *     Needs a token with the permission `customers:read`.
         */
        get: operations["listApiKeyCalls"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/customers/{customer_id}/api-keys/{key_id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replace an API key; both are valid for an overlap
         * @description The answer has a new key, with the name of the old one. The old key works until `overlap_seconds` have passed; without an overlap it ends at once.
         *
         *     Needs a token with the permission `keys:write`.
         */
        post: operations["rotateApiKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/customers/{customer_id}/api-keys/{key_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke an API key; every replica refuses it within a second
         * @description Revoking a key again changes nothing and is a 204 too.
         *
         *     Needs a token with the permission `keys:write`.
         */
        delete: operations["revokeApiKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List tokens of operators and services, never their secrets
         * @description Needs a token with the permission `tokens:write`.
         */
        get: operations["listTokens"];
        put?: never;
        /**
         * Issue a token for an operator or a service
         * @description Only this answer contains the token. It takes a `role` or `permissions`, and can do no more than the token that makes it; only owners make tokens of services.
         *
         *     Needs a token with the permission `tokens:write`.
         */
        post: operations["issueToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tokens/{token_id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replace a token; both are valid for an overlap
         * @description The new token has another id, and the name, rights, limits, expiry and day’s sum of the old one.
         *
         *     Needs a token with the permission `tokens:write`.
         */
        post: operations["rotateToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tokens/{token_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke a token; every replica refuses it within a second
         * @description Revoking a token again changes nothing and is a 204 too.
         *
         *     Needs a token with the permission `tokens:write`.
         */
        delete: operations["revokeToken"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/subscriptions/findings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what is billed otherwise than it should be, newest first
         * @description `duplicate_subscription`: the customer pays twice for the same plan. `late_usage`: it was told after the invoice of its period was final, and is billed in the next; or not at all, if the subscription has ended. `usage_not_correctable`: it was corrected when Stripe could cancel it no more. `unbilled_usage`: for 34 days the customer had no Stripe customer, so nobody is billed. The newest 1,000 of each; those of use for as long as reports are kept.
         *
         *     Needs a token with the permission `subscriptions:read`.
         */
        get: operations["listSubscriptionFindings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/licenses": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Issue a licence by hand
         * @description Without `plan` the licence is for the customer’s own plan; with null it is for none. `features` and `limits` replace those of the plan. Without `expires_at` it is valid for the plan’s `license_days`, or 30. No subscription changes or ends it.
         *
         *     Needs a token with the permission `licenses:write`.
         */
        post: operations["issueLicense"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/licenses/{license_id}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Put a licence on the revocation list
         * @description Revoking a licence again changes nothing. A subscription’s licence stays revoked until the next period is paid or its plan changes.
         *
         *     Needs a token with the permission `licenses:write`.
         */
        post: operations["revokeLicense"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read totals over all customers, oldest first
         * @description Whole hours, days or months in UTC: from the one that contains `from` to the last one that starts before `to`. By default `to` is now, and `from` a day, 30 days or a year earlier.
         *
         *     Needs a token with the permission `usage:read`.
         */
        get: operations["getUsageOfAll"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/usage/top": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the customers with the most usage of a metric
         * @description Covers whole days in UTC: the last 30 by default.
         *
         *     Needs a token with the permission `usage:read`.
         */
        get: operations["getTopUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/usage/anomalies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List anomalies of usage and exceeded limits, newest first
         * @description An `anomaly` is an hour whose sum is more than 5 robust standard deviations (from the median absolute deviation, at least a tenth of the median) above the median of the last 10 to 30 hours in which the customer reported the metric; noted once a day. `limit_exceeded` is noted once a month.
         *
         *     Needs a token with the permission `usage:read`.
         */
        get: operations["listUsageFindings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/usage/{customer_id}/corrections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take a report back
         * @description It no longer counts in totals and limits, what was paid for it from funds is given back, and Stripe is told. A report is corrected once; sent again under its id, it is still known.
         *
         *     Needs a token with the permission `usage:write`.
         */
        post: operations["correctUsage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/usage/cleanup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete old reports now; their totals stay
         * @description From then on, reports from before the cutoff are refused, because the ids of deleted reports are forgotten, and a copy would count again. `deleted` is how many are gone at the time of the answer; a job deletes the rest, if there are too many for one call.
         *
         *     Needs a token with the permission `usage:write`.
         */
        delete: operations["cleanUpUsage"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/funds/accounts/{user_id}/auto_top_up": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read how a user's account is topped up by itself, if it is
         * @description Needs a token with the permission `funds:read`.
         */
        get: operations["getFundsAutoTopUp"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhook-endpoints": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List endpoints, without their secrets
         * @description Needs a token with the permission `events:read`.
         */
        get: operations["listWebhookEndpoints"];
        put?: never;
        /**
         * Create an endpoint that events are sent to from now on
         * @description Only this answer contains the secret.
         *
         *     Needs a token with the permission `events:write`.
         */
        post: operations["createWebhookEndpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhook-endpoints/{endpoint_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read an endpoint
         * @description Needs a token with the permission `events:read`.
         */
        get: operations["getWebhookEndpoint"];
        put?: never;
        post?: never;
        /**
         * Delete an endpoint and its deliveries
         * @description Needs a token with the permission `events:write`.
         */
        delete: operations["deleteWebhookEndpoint"];
        options?: never;
        head?: never;
        /**
         * Change an endpoint, or switch it off and on
         * @description The change applies to events from now on. If an endpoint is disabled, its waiting deliveries become `failed`, and events in the meantime are parked. Both can be replayed.
         *
         *     Needs a token with the permission `events:write`.
         */
        patch: operations["updateWebhookEndpoint"];
        trace?: never;
    };
    "/api/webhook-endpoints/{endpoint_id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replace the secret of an endpoint; both sign during an overlap
         * @description Needs a token with the permission `events:write`.
         */
        post: operations["rotateWebhookSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhook-endpoints/{endpoint_id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what was sent to an endpoint, newest first
         * @description Needs a token with the permission `events:read`.
         */
        get: operations["listWebhookDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhook-endpoints/{endpoint_id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send deliveries again: one, or all from a number on
         * @description Deliveries keep their `webhook-id` and number.
         *
         *     Needs a token with the permission `events:write`.
         */
        post: operations["replayWebhookDeliveries"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhook-endpoints/{endpoint_id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send `test.ping` to an endpoint
         * @description Needs a token with the permission `events:write`.
         */
        post: operations["testWebhookEndpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Pull the events of the last 30 days, oldest first
         * @description All events are numbered in one sequence without gaps; each endpoint also has numbers of its own. A page may be shorter than its limit: `next_cursor` says whether it is the last.
         *
         *     Needs a token with the permission `events:read`.
         */
        get: operations["listEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/stripe/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the events that Stripe has sent, newest first
         * @description Where few events match, even a page that is not the last can have fewer than `limit`. The list ends where `next_cursor` is null.
         *
         *     Needs a token with the permission `events:read`.
         */
        get: operations["listStripeEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/stripe/events/{event_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a Stripe event
         * @description Needs a token with the permission `events:read`.
         */
        get: operations["getStripeEvent"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/stripe/events/{event_id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Apply a stored event again; nothing is done twice
         * @description Needs a token with the permission `events:write`.
         */
        post: operations["replayStripeEvent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the audit log, newest first
         * @description If a `subject` names both a user and something else, the list has the records of both. With several filters, or one on a value that changes with each charge, even a page that is not the last can have fewer items than `limit`. The list ends where `next_cursor` is null. A page of items with long `metadata` ends before `limit`, even if it is not the last.
         *
         *     Needs a token with the permission `audit:read`.
         */
        get: operations["listAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/audit/checkpoint": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A signed statement of the log's size and Merkle root
         * @description Needs a token with the permission `audit:read`.
         */
        get: operations["getAuditCheckpoint"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/audit/proof": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Prove that a record is in the log, or that the log has only grown
         * @description With `index`: proves that the record is in the tree of `size`, and returns that tree’s root. Without: proves that the newest checkpoint’s tree begins with the tree of `size`, and returns the checkpoint’s size and root. Proofs are those of RFC 6962.
         *
         *     Needs a token with the permission `audit:read`.
         */
        get: operations["getAuditProof"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/doctor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read what `strongroom doctor` finds from inside the service
         * @description The parts of the checklist that read no records: settings, files, database, network and machine. At most a minute old. The command goes through all of it.
         *
         *     Needs a token with the permission `metrics:read`.
         */
        get: operations["getChecklist"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/log/tile/entries/{path}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * An entry bundle of the audit log: up to 256 records
         * @description In the format of C2SP’s tlog-tiles: each record as it was hashed, preceded by its length in two bytes.
         *
         *     Needs a token with the permission `audit:read`.
         */
        get: operations["getLogEntries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/console/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the browsers that are signed in, newest first
         * @description Those of the calling token; with `tokens:write` those of all tokens.
         *
         *     Takes any token of its scope.
         */
        get: operations["listConsoleSessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/console/sessions/{session_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Sign another browser out
         * @description One of the calling token; with `tokens:write` any.
         *
         *     Takes any token of its scope.
         */
        delete: operations["endConsoleSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Metrics for Prometheus
         * @description Takes the admin token or METRICS_TOKEN.
         *
         *     Needs a token with the permission `metrics:read`.
         */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/account": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Open a user's account
         * @description The answer is a 201 for a new account, and a 200 when the user has one with the same tier and asset. Without `asset` the account has the default one, which `FUNDS_ASSET` sets.
         *
         *     Needs a token with the permission `accounts:write`.
         */
        post: operations["openAccount"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/account/{user_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a user's account
         * @description Needs a token with the permission `accounts:read`.
         */
        get: operations["getAccount"];
        put?: never;
        post?: never;
        /**
         * Erase a user's account for good
         * @description A 200 if it is complete within 2 s. Otherwise a 202: the account is closed and unknown to every other call, and a job deletes the rest.
         *
         *     Needs a token with the permission `privacy:write`.
         */
        delete: operations["eraseAccount"];
        options?: never;
        head?: never;
        /**
         * Change a user's tier, status, credit limit or low-balance mark
         * @description `credit_limit` needs the permission `credit:write` too.
         *
         *     Needs a token with the permission `accounts:write`.
         */
        patch: operations["updateAccount"];
        trace?: never;
    };
    "/balance/{user_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a user's balance
         * @description Includes every acknowledged movement, whichever replica answers. With `at`, returns the balance at that time.
         *
         *     Needs a token with the permission `accounts:read`.
         */
        get: operations["getBalance"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/account/{user_id}/transfers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List a user's transfers, newest first
         * @description A page of items with long `metadata` ends before `limit`, even if it is not the last.
         *
         *     Needs a token with the permission `accounts:read`.
         */
        get: operations["listTransfers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/account/{user_id}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export everything that is stored about a user
         * @description One JSON document: the account, its transfers with all notes on them, holds, payments, and Stripe’s events about them. If something fails, the connection is cut, and what has arrived is invalid JSON; ask again.
         *
         *     Needs a token with the permission `privacy:write`.
         */
        get: operations["exportAccount"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/deduct": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Charge a user: money goes from the user's account to revenue
         * @description If the available funds do not cover a charge, all of it is refused.
         *
         *     Needs a token with the permission `funds:deduct`.
         */
        post: operations["deduct"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/top_up": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add to a user's funds
         * @description Also works for a frozen account, which refuses only deducts and new holds.
         *
         *     Needs a token with the permission `funds:top_up`.
         */
        post: operations["topUp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/refund": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Refund a charge, in part or in full
         * @description All refunds of a charge together never exceed it.
         *
         *     Needs a token with the permission `funds:refund`.
         */
        post: operations["refund"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/holds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List holds, newest first
         * @description With several filters, or one on a value that changes with each charge, even a page that is not the last can have fewer items than `limit`. The list ends where `next_cursor` is null. A page of items with long `metadata` ends before `limit`, even if it is not the last.
         *
         *     Needs a token with the permission `accounts:read`.
         */
        get: operations["listHolds"];
        put?: never;
        /**
         * Set money aside for a later charge
         * @description The amount stays in the balance but is no longer available, until the hold is captured, released or expires.
         *
         *     Needs a token with the permission `funds:hold`.
         */
        post: operations["createHold"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/holds/{hold_id}/capture": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Charge a hold, in part or in full; the rest is released
         * @description Repeating the capture returns the first answer.
         *
         *     Needs a token with the permission `funds:hold`.
         */
        post: operations["captureHold"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/holds/{hold_id}/release": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Release a hold
         * @description Repeating the release returns the first answer.
         *
         *     Needs a token with the permission `funds:hold`.
         */
        post: operations["releaseHold"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/transfers/batch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Charge, top up, refund, hold, capture and release, many at once
         * @description Each transfer has the result that its call alone would have: its status, its answer or its refusal, under its own `idempotency_key`. Only what is wrong with the list itself refuses the batch. Transfers of one account are made in order, unless the account is locked meanwhile. With `atomic`, they are made in order and in one transaction, all or none: otherwise the answer is a 409 `BATCH_REFUSED` with `results`, and nothing has moved. Up to 4 MiB, and no header `Idempotency-Key`. Each transfer needs the permission of its own call, and is a 403 in its result without it.
         *
         *     Needs a token with one of the permissions `funds:deduct`, `funds:hold`, `funds:refund`, `funds:top_up`.
         */
        post: operations["moveMany"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/transfers/{transfer_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a transfer
         * @description Needs a token with the permission `accounts:read`.
         */
        get: operations["getTransfer"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/holds/{hold_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a hold as it is now
         * @description Needs a token with the permission `accounts:read`.
         */
        get: operations["getHold"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/account/{user_id}/statement": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A statement of a user's account
         * @description The balance before `from`, everything that changed it before `to`, and the balance then, which is the sum of both. It is sent while it is read, however long it is. With `format=csv` it has a row for each movement, the first being `opening` and the last `closing`: one that ends without is not whole. Statements whose `from` is the `to` of the one before have each movement once, and a statement of the same times says the same whenever it is asked for.
         *
         *     Needs a token with the permission `accounts:read`.
         */
        get: operations["getStatement"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List accounts, newest first
         * @description With several filters, or one on a value that changes with each charge, even a page that is not the last can have fewer items than `limit`. The list ends where `next_cursor` is null.
         *
         *     Needs a token with the permission `accounts:read`.
         */
        get: operations["listAccounts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/transfers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Find transfers of all accounts, newest first
         * @description All filters that are given apply. With several filters, or one on a value that changes with each charge, even a page that is not the last can have fewer items than `limit`. The list ends where `next_cursor` is null. A page of items with long `metadata` ends before `limit`, even if it is not the last.
         *
         *     Needs a token with the permission `accounts:read`.
         */
        get: operations["findTransfers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/grants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Grant a user credit that is spent before other money, and may expire
         * @description Needs a token with the permission `credit:write`.
         */
        post: operations["createGrant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/grants/{grant_id}/void": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End a grant now
         * @description What remains of it leaves the balance, but for what open holds still need.
         *
         *     Needs a token with the permission `credit:write`.
         */
        post: operations["voidGrant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/grants/{grant_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a grant
         * @description Needs a token with the permission `accounts:read`.
         */
        get: operations["getGrant"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/account/{user_id}/budgets/{budget_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a budget, with what is used of it now
         * @description Needs a token with the permission `accounts:read`.
         */
        get: operations["getBudget"];
        /**
         * Make a budget of an account, or change it
         * @description It counts from now on. Another `amount`, `mode` or `alert_at` keeps what is used; another window, time zone or match starts anew.
         *
         *     Needs a token with the permission `credit:write`.
         */
        put: operations["putBudget"];
        post?: never;
        /**
         * Delete a budget
         * @description Needs a token with the permission `credit:write`.
         */
        delete: operations["deleteBudget"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask whether a charge would be let through; it moves nothing
         * @description Needs a token with the permission `accounts:read`.
         */
        post: operations["check"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/account/{user_id}/grants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List a user's grants, newest first
         * @description With `status`, even a page that is not the last can have fewer items than `limit`. The list ends where `next_cursor` is null.
         *
         *     Needs a token with the permission `accounts:read`.
         */
        get: operations["listGrants"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/account/{user_id}/budgets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List a user's budgets, newest first
         * @description Needs a token with the permission `accounts:read`.
         */
        get: operations["listBudgets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/transfers/{transfer_id}/receipt": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Prove a transfer offline, to anyone
         * @description With `accept: text/plain` the answer is a tlog-proof (C2SP), which proves the record against the published checkpoint and its witnesses. The proof’s `extra` is the record.
         *
         *     Needs a token with the permission `accounts:read`.
         */
        get: operations["getReceipt"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/stats/subscription_count": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Count accounts by tier, and active Stripe subscriptions
         * @description Needs a token with the permission `stats:read`.
         */
        get: operations["countSubscriptions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/top_up/checkout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let a user pay for a top-up on Stripe's page
         * @description The account is topped up once, when Stripe says that the payment is made. What Stripe takes back later (a refund or a lost dispute) is taken back from the account, even below its floor.
         *
         *     Needs a token with the permission `funds:top_up`.
         */
        post: operations["openTopUpCheckout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/account/{user_id}/auto_top_up": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read how a user's account is topped up by itself
         * @description Needs a token with the permission `accounts:read`.
         */
        get: operations["getAutoTopUp"];
        /**
         * Set how a user's account is topped up by itself
         * @description A balance that falls below `threshold` leaves one payment with the saved payment method, in the transaction of the charge. No other begins while one is open. `enabled: true` lifts a pause.
         *
         *     Needs a token with the permission `credit:write`.
         */
        put: operations["setAutoTopUp"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface webhooks {
    "account.created": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** An account of prepaid funds was opened */
        post: operations["onAccountCreated"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "account.updated": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** An account was changed, frozen or unfrozen */
        post: operations["onAccountUpdated"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "account.erased": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The personal data of an account was erased */
        post: operations["onAccountErased"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "funds.topped_up": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Money has come into an account */
        post: operations["onFundsToppedUp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "funds.refunded": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A charge was given back, or a payment was taken back by Stripe */
        post: operations["onFundsRefunded"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "funds.adjusted": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** An operator has moved money by hand */
        post: operations["onFundsAdjusted"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "funds.deducted": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * An account was charged
         * @description Sent only to endpoints that list this type or `funds.*`, because there may be very many.
         */
        post: operations["onFundsDeducted"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "funds.held": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * An amount was set aside
         * @description Sent only to endpoints that list this type or `funds.*`, because there may be very many.
         */
        post: operations["onFundsHeld"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "funds.captured": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A charge was made from a hold
         * @description Sent only to endpoints that list this type or `funds.*`, because there may be very many.
         */
        post: operations["onFundsCaptured"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "funds.released": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The amount of a hold became available again
         * @description Sent only to endpoints that list this type or `funds.*`, because there may be very many.
         */
        post: operations["onFundsReleased"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "funds.low_balance": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A balance has fallen below the `low_balance_at` of its account */
        post: operations["onFundsLowBalance"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "funds.negative": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A balance has fallen below zero */
        post: operations["onFundsNegative"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "grant.expiring": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A grant expires within 7 days */
        post: operations["onGrantExpiring"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "grant.expired": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A grant has expired. `amount` is the part that was not used */
        post: operations["onGrantExpired"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "budget.threshold": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A budget has reached one of the percentages of its `alert_at` */
        post: operations["onBudgetThreshold"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "budget.exceeded": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A soft budget was passed, or a hard budget refused a charge. Sent once in each window */
        post: operations["onBudgetExceeded"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "customer.created": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A customer was created */
        post: operations["onCustomerCreated"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "customer.updated": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A customer was changed, suspended or reinstated */
        post: operations["onCustomerUpdated"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "customer.exported": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The personal data of a customer, or of the user of an account, was exported */
        post: operations["onCustomerExported"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "customer.erased": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The personal data of a customer was erased */
        post: operations["onCustomerErased"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "api_key.created": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** An API key was issued */
        post: operations["onApiKeyCreated"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "api_key.rotated": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** An API key was replaced. Both keys are valid during the overlap */
        post: operations["onApiKeyRotated"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "api_key.revoked": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** An API key was revoked */
        post: operations["onApiKeyRevoked"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "subscription.updated": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A subscription has begun, changed, ended or got another owner, or its price means another plan */
        post: operations["onSubscriptionUpdated"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "license.issued": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A licence was issued */
        post: operations["onLicenseIssued"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "license.revoked": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A licence was added to the revocation list */
        post: operations["onLicenseRevoked"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "usage.limit_exceeded": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A customer has used more of a metric than the plan allows in a month */
        post: operations["onUsageLimitExceeded"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "usage.anomaly": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A customer used far more of a metric in an hour than is usual */
        post: operations["onUsageAnomaly"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "auto_top_up.succeeded": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** An automatic top-up was paid, and the money is in the account */
        post: operations["onAutoTopUpSucceeded"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "auto_top_up.failed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The payment of an automatic top-up has failed */
        post: operations["onAutoTopUpFailed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "auto_top_up.paused": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Automatic top-ups of an account have stopped until they are enabled again */
        post: operations["onAutoTopUpPaused"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "endpoint.disabled": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** An endpoint was disabled, and gets no more events until it is enabled again */
        post: operations["onEndpointDisabled"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "test.ping": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** An operator wants to see whether an endpoint gets its events */
        post: operations["onTestPing"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface components {
    schemas: {
        Error: {
            /** Format: int64 */
            statusCode: number;
            /** @description The name of the HTTP status. */
            error: string;
            /** @description Stable: decide by this, not by the message. Later versions may add codes. */
            code: "BAD_REQUEST" | "MALFORMED_JSON" | "VALIDATION_FAILED" | "INVALID_CURSOR" | "INVALID_SIGNATURE" | "UNAUTHORIZED" | "INSUFFICIENT_FUNDS" | "BUDGET_EXCEEDED" | "FORBIDDEN" | "PERMISSION_DENIED" | "ORIGIN_NOT_ALLOWED" | "AMOUNT_NOT_ALLOWED" | "NOT_FOUND" | "CUSTOMER_NOT_FOUND" | "API_KEY_NOT_FOUND" | "SESSION_NOT_FOUND" | "PORTAL_LINK_SPENT" | "TOKEN_NOT_FOUND" | "ACCOUNT_NOT_FOUND" | "AUTO_TOP_UP_NOT_FOUND" | "HOLD_NOT_FOUND" | "TRANSFER_NOT_FOUND" | "REPORT_NOT_FOUND" | "BUDGET_NOT_FOUND" | "GRANT_NOT_FOUND" | "WEBHOOK_ENDPOINT_NOT_FOUND" | "DELIVERY_NOT_FOUND" | "LICENSE_NOT_FOUND" | "PLAN_NOT_FOUND" | "METHOD_NOT_ALLOWED" | "REQUEST_TIMEOUT" | "ACCOUNT_EXISTS" | "ACCOUNT_NOT_EMPTY" | "ERASURE_IN_PROGRESS" | "ACCOUNT_FROZEN" | "ALREADY_REFUNDED" | "ASSET_MISMATCH" | "AMOUNT_EXCEEDS_HOLD" | "CREDIT_LIMIT_IN_USE" | "GRANT_ENDED" | "HOLD_CLOSED" | "HOLD_NOT_YOURS" | "BALANCE_BELOW_FLOOR" | "NOT_REFUNDABLE" | "BATCH_REFUSED" | "WEBHOOK_ENDPOINT_DISABLED" | "TOO_MANY_WEBHOOK_ENDPOINTS" | "API_KEY_REVOKED" | "TOO_MANY_BUDGETS" | "TOO_MANY_GRANTS" | "TOKEN_REVOKED" | "LAST_OWNER" | "ALREADY_SUBSCRIBED" | "PLAN_NOT_SOLD" | "NOT_YET_LOGGED" | "CUSTOMER_SUSPENDED" | "EXTERNAL_ID_TAKEN" | "STRIPE_CUSTOMER_TAKEN" | "PRICE_TAKEN" | "ASSET_NOT_PAYABLE" | "STRIPE_REFUSED" | "BALANCE_LIMIT" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "PRICE_UNKNOWN" | "IDEMPOTENCY_KEY_REUSED" | "TOO_MANY_METRICS" | "RATE_LIMITED" | "HEADERS_TOO_LARGE" | "INTERNAL_ERROR" | "DATABASE_UNAVAILABLE" | "OUTCOME_UNKNOWN" | "OVERLOADED" | "ACCOUNT_BUSY" | "TIMEOUT" | "LOG_BEHIND" | "SIGNING_KEY_MISSING" | "EVENTS_KEY_MISSING" | "PORTAL_NOT_CONFIGURED" | "STRIPE_NOT_CONFIGURED" | "STRIPE_UNAVAILABLE";
            message: string;
            /** @description Also in the header x-request-id. */
            request_id: string;
            /** @description What is wrong with the input: a list of `{ path, message }`, with a JSON pointer to each place. For `BUDGET_EXCEEDED`, `{ budget_id, remaining }` of the budget with the least remaining. */
            details?: unknown;
            /** @description Repeat the call with this key, and it moves money once. */
            idempotency_key?: string;
            /** @description Repeat the report with this id, and it counts once. */
            report_id?: string;
            /** @description The id of the API key that may have been issued: revoke it. */
            key_id?: string;
            /** @description The id of the token that may have been issued: revoke it. */
            token_id?: string;
            /** @description The id of the licence that may have been issued: revoke it. */
            license_id?: string;
            /** @description The id of the endpoint that may have been made: delete it. */
            endpoint_id?: string;
            /** @description For a batch: one result for each part, in order, with its own code and id. */
            results?: components["schemas"]["UnknownResult"][];
        };
        Health: {
            /** @description One of `ok`, `degraded`; later versions may add others. */
            status: "ok" | "degraded";
            /** @example 1.4.0 */
            version: string;
            /**
             * Format: int64
             * @example 86400
             */
            uptime_s: number;
            checks: components["schemas"]["HealthChecks"];
        };
        Probe: {
            /** @example ok */
            status: string;
        };
        JsonWebKeySet: {
            keys: components["schemas"]["JsonWebKey"][];
        };
        CheckoutSession: {
            /** @example cs_test_a1b2c3 */
            checkout_session_id: string;
            /**
             * @description Stripe's page, to which you send the browser.
             * @example https://checkout.stripe.com/c/pay/cs_test_a1b2c3
             */
            url: string;
        };
        Received: {
            received: boolean;
        };
        StripeEvent: {
            /** @example evt_1NG8Du2eZvKYlo2CUI79vXWy */
            event_id: string;
            /** @example customer.subscription.updated */
            type: string;
            /**
             * @description `parked`: failed repeatedly, and waits to be replayed. `ignored`: does not concern this service. One of `parked`, `waiting`, `applied`, `ignored`; later versions may add others.
             * @example applied
             */
            status: "parked" | "waiting" | "applied" | "ignored";
            /**
             * @description Why the event is parked or ignored.
             * @example no_such_customer
             */
            reason: string | null;
            /**
             * @description The id of the event's object.
             * @example sub_1MowQVLkdIwHu7ixeRlqHVzs
             */
            object_id: string | null;
            livemode: boolean;
            /** @example 2026-10-28.endive */
            api_version: string | null;
            /**
             * Format: date-time
             * @description Stripe's time of the event.
             * @example 2026-11-24T09:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            received_at: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            settled_at: string | null;
        };
        StripeEventDetail: {
            /** @example evt_1NG8Du2eZvKYlo2CUI79vXWy */
            event_id: string;
            /** @example customer.subscription.updated */
            type: string;
            /**
             * @description `parked`: failed repeatedly, and waits to be replayed. `ignored`: does not concern this service. One of `parked`, `waiting`, `applied`, `ignored`; later versions may add others.
             * @example applied
             */
            status: "parked" | "waiting" | "applied" | "ignored";
            /**
             * @description Why the event is parked or ignored.
             * @example no_such_customer
             */
            reason: string | null;
            /**
             * @description The id of the event's object.
             * @example sub_1MowQVLkdIwHu7ixeRlqHVzs
             */
            object_id: string | null;
            livemode: boolean;
            /** @example 2026-10-28.endive */
            api_version: string | null;
            /**
             * Format: date-time
             * @description Stripe's time of the event.
             * @example 2026-11-24T09:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            received_at: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            settled_at: string | null;
            /**
             * @description As Stripe sent it, without secrets; and without personal data once a person in it is erased.
             * @example {
             *       "id": "evt_1Nk0PqL2eZvKYlo2",
             *       "object": "event"
             *     }
             */
            payload: {
                [key: string]: unknown;
            };
        };
        StripeEventPage: {
            data: components["schemas"]["StripeEvent"][];
            /**
             * @description Send it as `cursor`, with the same filters, for the next page; null on the last page.
             * @example ZcMdqyTFU93eMTA0Mg
             */
            next_cursor: string | null;
        };
        /** @description Shows personal values instead of their commitments, `sha256:<hex>`, while the values are kept. */
        AuditRecord: {
            /**
             * Format: int64
             * @description Counts from 0, without gaps.
             * @example 1041
             */
            seq: number;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /** @example customer.created */
            event: string;
            /**
             * @description `admin:<token id>`, `internal:<token id>`, `key:<key id>`, `cli:<name>`, `portal:<session id>`, `stripe` or `system`; the id of a token of the environment is the first 8 hex digits of its SHA-256.
             * @example admin:1f9a3b07
             */
            actor: string;
            /** @example cust_4fGh7KqL9mNp2RsT */
            subject: string;
            /** @example 198.51.100.7 */
            ip: string | null;
            /**
             * @example {
             *       "key_id": "k3Jd82Lq"
             *     }
             */
            metadata: {
                [key: string]: unknown;
            };
        };
        AuditPage: {
            data: components["schemas"]["AuditRecord"][];
            /**
             * @description Send it as `cursor`, with the same filters, for the next page; null on the last page.
             * @example ZcMdqyTFU93eMTA0Mg
             */
            next_cursor: string | null;
        };
        AuditCheckpoint: {
            /**
             * Format: int64
             * @description How many records the log had.
             * @example 1000
             */
            size: number;
            /**
             * @description SHA-256 in base64.
             * @example n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=
             */
            root: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            issued_at: string;
            /**
             * @description The statement itself: a JWT (RS256, `typ: "audit-checkpoint+jwt"`, claims `iss, iat, size, root`), signed with a key of the JWKS.
             * @example eyJhbGciOiJSUzI1NiIsInR5cCI6ImF1ZGl0LWNoZWNrcG9pbnQrand0Iiwia2lkIjoi…
             */
            token: string;
        };
        AuditProof: {
            /**
             * Format: int64
             * @description How many records the log had.
             * @example 1000
             */
            size: number;
            /**
             * @description SHA-256 in base64.
             * @example n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=
             */
            root: string;
            proof: string[];
        };
        Receipt: {
            /**
             * @description The leaf: its hash is that of this object as canonical JSON (RFC 8785).
             * @example {
             *       "seq": 999,
             *       "event": "funds.topped_up"
             *     }
             */
            record: {
                [key: string]: unknown;
            };
            /**
             * Format: int64
             * @description The number of the record in the log.
             * @example 999
             */
            index: number;
            /**
             * Format: int64
             * @description How many records the log had.
             * @example 1000
             */
            size: number;
            proof: string[];
            checkpoint: components["schemas"]["AuditCheckpoint"];
        };
        Checklist: {
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            examined_at: string;
            findings: components["schemas"]["ChecklistFinding"][];
        };
        Account: {
            /** @example user-123 */
            user_id: string;
            /** @example pro */
            tier: string;
            /** @example USD/2 */
            asset: string;
            /** @description One of `active`, `frozen`, `closed`; later versions may add others. */
            status: "active" | "frozen" | "closed";
            /**
             * Format: int64
             * @description In the smallest unit of the asset.
             * @example 1000
             */
            balance: number;
            /**
             * Format: int64
             * @description In the smallest unit of the asset.
             * @example 1000
             */
            held: number;
            /**
             * Format: int64
             * @description In the smallest unit of the asset.
             * @example 1000
             */
            available: number;
            /**
             * Format: int64
             * @description In the smallest unit of the asset.
             * @example 1000
             */
            credit_limit: number;
            /**
             * Format: int64
             * @description In the smallest unit of the asset.
             * @example 1000
             */
            low_balance_at: number | null;
            flags: ("charged_back")[];
            /**
             * Format: int64
             * @description The part of the balance that is in grants.
             * @example 500
             */
            granted: number;
            next_expiry: components["schemas"]["NextExpiry"] | null;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            updated_at: string;
        };
        /** @description `tier`, `status` and `available` are null for a time before the account was opened, or without a record. */
        Balance: {
            /** @example user-123 */
            user_id: string;
            /** @example USD/2 */
            asset: string;
            /**
             * Format: int64
             * @description In the smallest unit of the asset.
             * @example 1000
             */
            balance: number;
            /**
             * Format: int64
             * @description In the smallest unit of the asset.
             * @example 1000
             */
            held: number;
            /**
             * Format: int64
             * @description What can be deducted: the balance, minus held amounts, plus the credit limit.
             * @example 1000
             */
            available: number | null;
            /** @example pro */
            tier: string | null;
            /** @description One of `active`, `frozen`, `closed`; later versions may add others. */
            status: "active" | "frozen" | "closed" | null;
            /**
             * Format: int64
             * @description The part of the balance that is in grants.
             * @example 500
             */
            granted: number;
            next_expiry: components["schemas"]["NextExpiry"] | null;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            updated_at: string;
        };
        Movement: {
            /** @example tr_42_7 */
            transfer_id: string;
            /** @example user-123 */
            user_id: string;
            /** @example USD/2 */
            asset: string;
            /**
             * Format: int64
             * @description In the smallest unit of the asset.
             * @example 1000
             */
            amount: number;
            /**
             * Format: int64
             * @description The balance right after this transfer.
             * @example 1000
             */
            balance: number;
            /**
             * Format: int64
             * @description The available amount right after this transfer.
             * @example 1000
             */
            available: number;
            /** @description The parts of it that were grants, in the order in which they were taken or given. */
            grants: components["schemas"]["GrantPiece"][];
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            created_at: string;
        };
        Hold: {
            /** @example hold_42_8 */
            hold_id: string;
            /** @example user-123 */
            user_id: string;
            /** @example USD/2 */
            asset: string;
            /**
             * Format: int64
             * @description The amount that was set aside.
             * @example 1000
             */
            amount: number;
            /**
             * Format: int64
             * @description The part that was charged; the rest was released.
             * @example 1000
             */
            captured: number;
            /** @description One of `open`, `captured`, `released`, `expired`; later versions may add others. */
            status: "open" | "captured" | "released" | "expired";
            /** @example tr_42_7 */
            transfer_id: string;
            /**
             * Format: int64
             * @description The balance right after this call.
             * @example 1000
             */
            balance: number;
            /**
             * Format: int64
             * @description The available amount right after this call.
             * @example 1000
             */
            available: number;
            /** @description The parts of it that were grants, in the order in which they were taken or given. */
            grants: components["schemas"]["GrantPiece"][];
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            expires_at: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            created_at: string;
        };
        Transfer: {
            /** @example tr_42_7 */
            transfer_id: string;
            /** @example user-123 */
            user_id: string;
            /** @description One of `deduct`, `top_up`, `stripe_top_up`, `stripe_reversal`, `stripe_reinstatement`, `forfeit`, `write_off`, `adjustment`, `refund`, `hold`, `capture`, `release`, `grant`, `void`, `expire`; later versions may add others. */
            kind: "deduct" | "top_up" | "stripe_top_up" | "stripe_reversal" | "stripe_reinstatement" | "forfeit" | "write_off" | "adjustment" | "refund" | "hold" | "capture" | "release" | "grant" | "void" | "expire";
            /**
             * @description The charge that it refunds, or the hold that it captures or releases.
             * @example tr_42_6
             */
            target_id: string | null;
            /**
             * @description The account that the money came from.
             * @example user-123
             */
            debit_account: string;
            /**
             * @description The account that the money went to.
             * @example revenue
             */
            credit_account: string;
            /** @example USD/2 */
            asset: string;
            /**
             * Format: int64
             * @description In the smallest unit of the asset.
             * @example 1000
             */
            amount: number;
            /**
             * Format: int64
             * @description In the smallest unit of the asset.
             * @example 1000
             */
            balance_after: number;
            /** @description The parts of it that were grants, in the order in which they were taken or given. */
            grants: components["schemas"]["GrantPiece"][];
            /** @example 1,200 tokens */
            reason: string | null;
            /** @example job-77 */
            reference: string | null;
            metadata: components["schemas"]["Metadata"] | null;
            /** @example order-1001 */
            idempotency_key: string | null;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            created_at: string;
        };
        TransferPage: {
            data: components["schemas"]["Transfer"][];
            /**
             * @description Send it as `cursor`, with the same filters, for the next page; null on the last page.
             * @example ZcMdqyTFU93eMTA0Mg
             */
            next_cursor: string | null;
        };
        TransferBatch: {
            /** @description In the order of the transfers. */
            results: components["schemas"]["TransferResult"][];
        };
        AccountPage: {
            data: components["schemas"]["Account"][];
            /**
             * @description Send it as `cursor`, with the same filters, for the next page; null on the last page.
             * @example ZcMdqyTFU93eMTA0Mg
             */
            next_cursor: string | null;
        };
        /** @description A hold as it is now. */
        HoldState: {
            /** @example hold_42_8 */
            hold_id: string;
            /** @example user-123 */
            user_id: string;
            /** @example USD/2 */
            asset: string;
            /**
             * Format: int64
             * @description The amount that was set aside.
             * @example 1000
             */
            amount: number;
            /**
             * Format: int64
             * @description The part that was charged; the rest was released.
             * @example 1000
             */
            captured: number;
            /** @description One of `open`, `captured`, `released`, `expired`; later versions may add others. */
            status: "open" | "captured" | "released" | "expired";
            /**
             * @description Of the transfer that made it.
             * @example tr_42_7
             */
            transfer_id: string;
            /** @example 1,200 tokens */
            reason: string | null;
            /** @example job-77 */
            reference: string | null;
            metadata: components["schemas"]["Metadata"] | null;
            /** @example order-1001 */
            idempotency_key: string | null;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            expires_at: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            closed_at: string | null;
        };
        HoldPage: {
            data: components["schemas"]["HoldState"][];
            /**
             * @description Send it as `cursor`, with the same filters, for the next page; null on the last page.
             * @example ZcMdqyTFU93eMTA0Mg
             */
            next_cursor: string | null;
        };
        Statement: {
            /** @example user-123 */
            user_id: string;
            /** @example USD/2 */
            asset: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            from: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            to: string;
            /**
             * Format: int64
             * @description The balance before `from`.
             * @example 1000
             */
            opening: number;
            /** @description Oldest first; holds move nothing. */
            movements: components["schemas"]["StatementMovement"][];
            /**
             * Format: int64
             * @description `opening` plus the amounts of all movements.
             * @example 500
             */
            closing: number;
        };
        Grant: {
            /** @example grant_42_1 */
            grant_id: string;
            /** @example user-123 */
            user_id: string;
            /**
             * Format: int64
             * @description What was granted.
             * @example 500
             */
            amount: number;
            /**
             * Format: int64
             * @description What is left of it in the balance; 0 of one that was voided or has expired.
             * @example 300
             */
            remaining: number;
            /**
             * Format: int64
             * @example 50
             */
            priority: number;
            /** @example promotion */
            category: string | null;
            /** @description One of `active`, `spent`, `expired`, `voided`; later versions may add others. */
            status: "active" | "spent" | "expired" | "voided";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            expires_at: string | null;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            created_at: string;
        };
        GrantPage: {
            data: components["schemas"]["Grant"][];
            /**
             * @description Send it as `cursor`, with the same filters, for the next page; null on the last page.
             * @example ZcMdqyTFU93eMTA0Mg
             */
            next_cursor: string | null;
        };
        Budget: {
            /** @example daily */
            budget_id: string;
            /** @example user-123 */
            user_id: string;
            /**
             * Format: int64
             * @description In the smallest unit of the asset.
             * @example 1000
             */
            amount: number;
            /** @description By the clock of the time zone; a week begins on Monday, and `total` never ends. One of `hour`, `day`, `week`, `month`, `total`; later versions may add others. */
            window: "hour" | "day" | "week" | "month" | "total";
            /** @example Europe/Berlin */
            time_zone: string;
            match: components["schemas"]["BudgetMatch"];
            /** @description A hard one refuses what would pass it, a soft one tells. One of `hard`, `soft`; later versions may add others. */
            mode: "hard" | "soft";
            alert_at: number[];
            /**
             * Format: int64
             * @description In this window: charges and open holds, without refunds.
             * @example 120
             */
            used: number;
            /**
             * Format: int64
             * @description Below zero where a soft budget was passed or the amount has been lowered.
             * @example 380
             */
            remaining: number;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            window_start: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            resets_at: string | null;
            /** @description Whether the user made it in the portal, and may change it there. */
            made_in_portal: boolean;
        };
        BudgetPage: {
            data: components["schemas"]["Budget"][];
            /**
             * @description Send it as `cursor`, with the same filters, for the next page; null on the last page.
             * @example ZcMdqyTFU93eMTA0Mg
             */
            next_cursor: string | null;
        };
        Check: {
            allowed: boolean;
            /** @description One of `ACCOUNT_FROZEN`, `INSUFFICIENT_FUNDS`, `BUDGET_EXCEEDED`; later versions may add others. */
            code: "ACCOUNT_FROZEN" | "INSUFFICIENT_FUNDS" | "BUDGET_EXCEEDED" | null;
            /**
             * Format: int64
             * @description In the smallest unit of the asset.
             * @example 1000
             */
            available: number;
            /** @description Those that would count it, the one with the least remaining first. */
            budgets: components["schemas"]["CheckedBudget"][];
        };
        MoneyFlow: {
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            from: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            to: string;
            /** @description By time, asset and kind. Holds and their releases move nothing. */
            data: components["schemas"]["MoneyFlowBucket"][];
        };
        ErasedAccount: {
            /** @example user-123 */
            user_id: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            erased_at: string;
        };
        ErasingAccount: {
            /** @example user-123 */
            user_id: string;
            /** @enum {string} */
            status: "erasing";
        };
        Plan: {
            /** @example starter */
            plan_id: string;
            /** @example Starter */
            name: string;
            /** @example price_1MoBy5LkdIwHu7ixZhnattbh */
            stripe_price_id: string | null;
            /** @description A checkout sells the first one. */
            stripe_price_ids: string[];
            /** @description Former prices, which still mean this plan for subscriptions that pay them. A plan is shown with at most 1,000 prices: the current ones, then the newest of the former ones. */
            former_stripe_price_ids: string[];
            /**
             * Format: int64
             * @example 10
             */
            rank: number;
            checkout: components["schemas"]["CheckoutOptions"] | null;
            features: components["schemas"]["Features"];
            limits: components["schemas"]["Limits"];
            /**
             * @description How each metric is paid for. Other metrics are free.
             * @example {
             *       "api.calls": {
             *         "via": "stripe",
             *         "event_name": "api_calls"
             *       },
             *       "tokens": {
             *         "via": "funds",
             *         "asset": "USD/2",
             *         "price": 3,
             *         "per": 1000
             *       }
             *     }
             */
            metered: {
                [key: string]: components["schemas"]["Metering"];
            } | null;
            /**
             * Format: int64
             * @example 30
             */
            license_days: number | null;
            /**
             * Format: int64
             * @example 7
             */
            license_grace_days: number | null;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            updated_at: string;
        };
        PutPlan: {
            /** @example starter */
            plan_id: string;
            /** @example Starter */
            name: string;
            /** @example price_1MoBy5LkdIwHu7ixZhnattbh */
            stripe_price_id: string | null;
            /** @description A checkout sells the first one. */
            stripe_price_ids: string[];
            /** @description Former prices, which still mean this plan for subscriptions that pay them. A plan is shown with at most 1,000 prices: the current ones, then the newest of the former ones. */
            former_stripe_price_ids: string[];
            /**
             * Format: int64
             * @example 10
             */
            rank: number;
            checkout: components["schemas"]["CheckoutOptions"] | null;
            features: components["schemas"]["Features"];
            limits: components["schemas"]["Limits"];
            /**
             * @description How each metric is paid for. Other metrics are free.
             * @example {
             *       "api.calls": {
             *         "via": "stripe",
             *         "event_name": "api_calls"
             *       },
             *       "tokens": {
             *         "via": "funds",
             *         "asset": "USD/2",
             *         "price": 3,
             *         "per": 1000
             *       }
             *     }
             */
            metered: {
                [key: string]: components["schemas"]["Metering"];
            } | null;
            /**
             * Format: int64
             * @example 30
             */
            license_days: number | null;
            /**
             * Format: int64
             * @example 7
             */
            license_grace_days: number | null;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            updated_at: string;
            /**
             * Format: int64
             * @description How many open subscriptions now mean this plan by their price; a job updates them.
             * @example 12
             */
            subscriptions_to_update: number;
        };
        PlanPage: {
            data: components["schemas"]["Plan"][];
            /**
             * @description Send it as `cursor`, with the same filters, for the next page; null on the last page.
             * @example ZcMdqyTFU93eMTA0Mg
             */
            next_cursor: string | null;
        };
        /**
         * @description An API key without its secret.
         * @example {
         *       "key_id": "k3Jd82Lq",
         *       "name": "production",
         *       "scopes": [
         *         "usage:write",
         *         "licenses:read"
         *       ],
         *       "allowed_ips": null,
         *       "created_at": "2026-11-24T09:30:00.000Z",
         *       "expires_at": "2027-12-31T00:00:00.000Z",
         *       "last_used_at": null,
         *       "revoked_at": null
         *     }
         */
        ApiKey: {
            /** @example k3Jd82Lq */
            key_id: string;
            /** @example production */
            name: string | null;
            /** @description What the key may be used for. */
            scopes: ("usage:write" | "usage:read" | "licenses:read" | "subscriptions:read" | "billing:write")[];
            allowed_ips: string[] | null;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            expires_at: string | null;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            last_used_at: string | null;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            revoked_at: string | null;
        };
        IssuedApiKey: {
            /**
             * @description The key itself. It is shown only now, and can't be read again.
             * @example cust_4fGh7KqL9mNp2RsT_k3Jd82Lq7vXw1YzA0bCdEfGhJkLmNpQrStUvWxYz3Ab4Cd
             */
            api_key: string;
            key: components["schemas"]["ApiKey"];
        };
        ApiKeyPage: {
            data: components["schemas"]["ApiKey"][];
            /**
             * @description Send it as `cursor`, with the same filters, for the next page; null on the last page.
             * @example ZcMdqyTFU93eMTA0Mg
             */
            next_cursor: string | null;
        };
        /**
         * @example {
         *       "data": [
         *         {
         *           "bucket": "2026-11-24T09:00:00.000Z",
         *           "calls": 120,
         *           "refused": 3
         *         }
         *       ]
         *     }
         */
        ApiKeyCalls: {
            data: components["schemas"]["ApiKeyCallsBucket"][];
        };
        Me: {
            /**
             * @description `cust_` and 16 base62 characters.
             * @example cust_4fGh7KqL9mNp2RsT
             */
            customer_id: string;
            /** @example starter */
            plan: string | null;
            /** @description One of `active`, `suspended`; later versions may add others. */
            status: "active" | "suspended";
            key: components["schemas"]["MeKey"];
        };
        Customer: {
            /**
             * @description `cust_` and 16 base62 characters.
             * @example cust_4fGh7KqL9mNp2RsT
             */
            customer_id: string;
            /** @example billing@example.com */
            email: string;
            /** @example Example Ltd */
            company_name: string | null;
            /**
             * @description The held plan with the highest rank.
             * @example starter
             */
            plan: string | null;
            /** @description All plans held now, by rank: through a subscription, set by an operator, or the default. */
            plans: string[];
            /**
             * @description The plan that an operator has set. It counts again when subscriptions end.
             * @example free
             */
            base_plan: string | null;
            /** @example active */
            subscription_status: string | null;
            /** @description One of `active`, `suspended`; later versions may add others. */
            status: "active" | "suspended";
            /** @example cus_9s6XKzkNRiz8i3 */
            stripe_customer_id: string | null;
            stripe_customer_ids: string[];
            /** @example company-17 */
            external_id: string | null;
            metadata: components["schemas"]["Metadata"];
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            updated_at: string;
        };
        CreatedCustomer: {
            customer: components["schemas"]["Customer"];
            /**
             * @description The key itself. It is shown only now, and can't be read again. Null if the call is a repetition.
             * @example cust_4fGh7KqL9mNp2RsT_k3Jd82Lq7vXw1YzA0bCdEfGhJkLmNpQrStUvWxYz3Ab4Cd
             */
            api_key: string | null;
        };
        CustomerPage: {
            data: components["schemas"]["Customer"][];
            /**
             * @description Send it as `cursor`, with the same filters, for the next page; null on the last page.
             * @example ZcMdqyTFU93eMTA0Mg
             */
            next_cursor: string | null;
        };
        ErasedCustomer: {
            /**
             * @description `cust_` and 16 base62 characters.
             * @example cust_4fGh7KqL9mNp2RsT
             */
            customer_id: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            erased_at: string;
        };
        ErasingCustomer: {
            /**
             * @description `cust_` and 16 base62 characters.
             * @example cust_4fGh7KqL9mNp2RsT
             */
            customer_id: string;
            /** @enum {string} */
            status: "erasing";
        };
        /** @description A token of an operator or a service without its secret. */
        Token: {
            /** @example k3Jd82LqWx5Z */
            token_id: string;
            /** @example invoices */
            name: string;
            /** @description One of `admin`, `internal`; later versions may add others. */
            scope: "admin" | "internal";
            /** @description One of `owner`, `operator`, `support`, `finance`, `auditor`; later versions may add others. */
            role: "owner" | "operator" | "support" | "finance" | "auditor" | null;
            /** @description The permissions of the token, also if a role grants them. */
            permissions: ("customers:read" | "customers:write" | "keys:write" | "plans:write" | "licenses:write" | "usage:read" | "usage:write" | "funds:read" | "funds:write" | "subscriptions:read" | "subscriptions:write" | "audit:read" | "events:read" | "events:write" | "tokens:write" | "privacy:write" | "metrics:read" | "accounts:read" | "accounts:write" | "funds:deduct" | "funds:hold" | "funds:refund" | "funds:top_up" | "credit:write" | "stats:read")[];
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            expires_at: string | null;
            allowed_ips: string[] | null;
            /**
             * Format: int64
             * @description The largest amount of one movement or hold, in the smallest unit.
             * @example 50000
             */
            amount_max: number | null;
            /**
             * Format: int64
             * @description The largest sum of a UTC day, in the smallest unit.
             * @example 500000
             */
            daily_amount_max: number | null;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            last_used_at: string | null;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            revoked_at: string | null;
        };
        IssuedToken: {
            /**
             * @description The token itself. It is shown only now, and can't be read again.
             * @example srt_int_k3Jd82LqWx5Z7vXw1YzA0bCdEfGhJkLmNpQrStUvWxYz3A4b5CdE1F
             */
            token: string;
            info: components["schemas"]["Token"];
        };
        TokenPage: {
            data: components["schemas"]["Token"][];
            /**
             * @description Send it as `cursor`, with the same filters, for the next page; null on the last page.
             * @example ZcMdqyTFU93eMTA0Mg
             */
            next_cursor: string | null;
        };
        ConsoleSession: {
            /** @example sess_4fGh7KqL9mNp2RsT */
            session_id: string;
            /** @example 4fGh7KqL9mNp */
            token_id: string;
            /** @description One of `owner`, `operator`, `support`, `finance`, `auditor`; later versions may add others. */
            role: "owner" | "operator" | "support" | "finance" | "auditor" | null;
            permissions: ("customers:read" | "customers:write" | "keys:write" | "plans:write" | "licenses:write" | "usage:read" | "usage:write" | "funds:read" | "funds:write" | "subscriptions:read" | "subscriptions:write" | "audit:read" | "events:read" | "events:write" | "tokens:write" | "privacy:write" | "metrics:read")[];
            /** @description Whether the token is of the database, rather than of the environment. */
            is_stored: boolean;
            /** @example 1.4.0 */
            version: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            expires_at: string;
        };
        /** @description `session` is null for a browser that is not signed in. */
        ConsoleVisit: {
            session: components["schemas"]["ConsoleSession"] | null;
        };
        ConsoleSessionItem: {
            /** @example sess_4fGh7KqL9mNp2RsT */
            session_id: string;
            /** @example 4fGh7KqL9mNp */
            token_id: string;
            /** @description Whether it is the one that asks. */
            is_current: boolean;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            expires_at: string;
        };
        ConsoleSessionPage: {
            data: components["schemas"]["ConsoleSessionItem"][];
            /**
             * @description Send it as `cursor`, with the same filters, for the next page; null on the last page.
             * @example ZcMdqyTFU93eMTA0Mg
             */
            next_cursor: string | null;
        };
        UserPortalLink: {
            /**
             * @description Opens once; the secret stands in its fragment, which no server logs.
             * @example https://billing.example.com/portal#…
             */
            url: string;
            /**
             * Format: date-time
             * @description Until then it can be opened.
             * @example 2026-11-24T09:30:00.000Z
             */
            expires_at: string;
        };
        UserPortalSession: {
            /** @example user-123 */
            user_id: string;
            allow: ("top_up" | "auto_top_up" | "budgets")[];
            /** @example https://app.example.com/billing */
            return_url: string | null;
            /** @description Whether auto top-up was ever set. */
            has_auto_top_up: boolean;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            expires_at: string;
        };
        /** @description `session` is null for a browser without one. */
        UserPortalVisit: {
            session: components["schemas"]["UserPortalSession"] | null;
        };
        Subscription: {
            /**
             * @description Null for a subscription to something else.
             * @example starter
             */
            plan: string | null;
            /** @description The plans of all its items, by rank. */
            plans: components["schemas"]["SubscriptionPlan"][];
            /**
             * @description One of `incomplete`, `incomplete_expired`, `trialing`, `active`, `past_due`, `canceled`, `unpaid`, `paused`; later versions may add others.
             * @example active
             */
            status: "incomplete" | "incomplete_expired" | "trialing" | "active" | "past_due" | "canceled" | "unpaid" | "paused";
            /**
             * Format: int64
             * @example 5
             */
            quantity: number;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            current_period_start: string | null;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            current_period_end: string | null;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            cancel_at: string | null;
            cancel_at_period_end: boolean;
            /** @description Whether Stripe has paused the collection of payments. */
            paused: boolean;
            /**
             * Format: date-time
             * @description When it ends; null if no end is scheduled.
             * @example 2026-11-24T09:30:00.000Z
             */
            ends_at: string | null;
            /** @example sub_1MowQVLkdIwHu7ixeRlqHVzs */
            stripe_subscription_id: string;
        };
        CurrentSubscription: {
            /**
             * @description `cust_` and 16 base62 characters.
             * @example cust_4fGh7KqL9mNp2RsT
             */
            customer_id: string;
            subscription: components["schemas"]["Subscription"] | null;
            subscriptions: components["schemas"]["Subscription"][];
        };
        PortalSession: {
            /** @example https://billing.stripe.com/p/session/test_YWNjdF8x */
            url: string;
        };
        SubscriptionCount: {
            /**
             * Format: int64
             * @description Accounts that are not closed.
             * @example 120
             */
            subscription_count: number;
            /**
             * @description The same accounts by tier.
             * @example {
             *       "pro": 12,
             *       "free": 230
             *     }
             */
            by_tier: {
                [key: string]: number;
            };
            /**
             * Format: int64
             * @description Stripe subscriptions that give access: trialing, active or past due.
             * @example 80
             */
            stripe_active: number;
        };
        SubscriptionFinding: {
            /** @example find_3f9c0a1b2c4d5e6f */
            finding_id: string;
            /** @description One of `duplicate_subscription`, `late_usage`, `usage_not_correctable`, `unbilled_usage`; later versions may add others. */
            kind: "duplicate_subscription" | "late_usage" | "usage_not_correctable" | "unbilled_usage";
            /**
             * @description `cust_` and 16 base62 characters.
             * @example cust_4fGh7KqL9mNp2RsT
             */
            customer_id: string;
            stripe_subscription_ids: string[];
            /**
             * Format: date-time
             * @description Of a duplicate: since when there has been more than one.
             * @example 2026-11-24T09:30:00.000Z
             */
            found_at: string;
            usage?: components["schemas"]["FindingUsage"];
        };
        SubscriptionFindings: {
            data: components["schemas"]["SubscriptionFinding"][];
        };
        License: {
            /**
             * @description `lic_` and 16 base62 characters; the `jti` of the token.
             * @example lic_8sKq2VbXw0RtYz1A
             */
            license_id: string;
            /** @example starter */
            plan: string | null;
            features: components["schemas"]["Features"];
            limits: components["schemas"]["Limits"];
            /**
             * Format: int64
             * @description The paid quantity of the plan, such as seats; 1 for a licence issued by hand.
             * @example 5
             */
            quantity: number;
            /**
             * @description `superseded`: a newer one of its subscription grants the same, and this one verifies until it expires. `ended`: its subscription ended or changed its terms. `revoked`: by an operator. One of `active`, `superseded`, `ended`, `revoked`; later versions may add others.
             * @example active
             */
            status: "active" | "superseded" | "ended" | "revoked";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            issued_at: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            expires_at: string;
            /**
             * @description The `kid` of the key that signed the token.
             * @example NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs
             */
            key_id: string;
            /**
             * @description The licence itself: a JWT, signed RS256.
             * @example eyJhbGciOiJSUzI1NiIsInR5cCI6ImxpY2Vuc2Urand0Iiwia2lkIjoi…
             */
            token: string;
        };
        Licenses: {
            data: components["schemas"]["License"][];
            /**
             * @description Send it as `cursor`, with the same filters, for the next page; null on the last page.
             * @example ZcMdqyTFU93eMTA0Mg
             */
            next_cursor: string | null;
        };
        IssuedLicense: {
            license: components["schemas"]["LicenseRecord"];
        };
        Entitlement: {
            /** @example api.calls */
            feature: string;
            /** @description Whether a licence grants the feature, whether or not its limit is used up. */
            entitled: boolean;
            /**
             * Format: double
             * @description The maximum in a calendar month (UTC); null for no limit.
             * @example 100000
             */
            limit: number | null;
            /**
             * Format: double
             * @description The usage reported in this calendar month (UTC).
             * @example 1200
             */
            used: number;
            /**
             * @description The sum as an exact decimal, where it is above 2^53 - 1 or has more digits than a number keeps.
             * @example 9007199254740993
             */
            used_exact?: string;
        };
        RevocationList: {
            /**
             * @description A JWT, `typ: license-revocations+jwt`, with `iss`, `iat`, `exp` (fetch a newer one until then) and `jtis`: the ids of revoked licences that have not expired.
             * @example eyJhbGciOiJSUzI1NiIsInR5cCI6ImxpY2Vuc2Urand0Iiwia2lkIjoi…
             */
            token: string;
        };
        UsageReceipt: {
            /** @example 2026-11-24T09:instance-7 */
            report_id: string;
            /**
             * @description `cust_` and 16 base62 characters.
             * @example cust_4fGh7KqL9mNp2RsT
             */
            customer_id: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            received_at: string;
            /** @description The customer's usage against the limits of its plan, with this report counted. */
            limits: components["schemas"]["UsageStanding"][];
            remaining: components["schemas"]["UsageRemaining"];
            /** @description The charges for the report, if the plan has metrics that are paid from funds. */
            charges?: components["schemas"]["UsageCharge"][];
            /**
             * Format: int64
             * @description The balance of the customer’s account after these charges. If they are all 0, the answer to a repetition has the present balance.
             * @example 996250
             */
            balance?: number;
        };
        UsageBatchReceipt: {
            /** @description One result for each report, in the same order. */
            results: components["schemas"]["UsageBatchResult"][];
            remaining: components["schemas"]["UsageRemaining"];
        };
        UsageTotals: {
            data: components["schemas"]["UsageTotal"][];
        };
        UsageTotalsOfAll: {
            data: components["schemas"]["UsageTotalOfAll"][];
        };
        TopUsage: {
            data: components["schemas"]["TopUsageEntry"][];
        };
        UsageFinding: {
            /** @description One of `anomaly`, `limit_exceeded`; later versions may add others. */
            kind: "anomaly" | "limit_exceeded";
            /**
             * @description `cust_` and 16 base62 characters.
             * @example cust_4fGh7KqL9mNp2RsT
             */
            customer_id: string;
            /** @example api.calls */
            metric: string;
            /**
             * Format: date-time
             * @description The start of the hour of an anomaly, or of the month of a limit.
             * @example 2026-11-24T09:00:00.000Z
             */
            at: string;
            /**
             * Format: double
             * @description The sum of the hour or the month when it was found.
             * @example 48000
             */
            value: number;
            /**
             * Format: double
             * @description The threshold that it exceeds.
             * @example 2000
             */
            threshold: number;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            found_at: string;
        };
        UsageFindingPage: {
            data: components["schemas"]["UsageFinding"][];
            /**
             * @description Send it as `cursor`, with the same filters, for the next page; null on the last page.
             * @example ZcMdqyTFU93eMTA0Mg
             */
            next_cursor: string | null;
        };
        UsageCorrection: {
            /** @example cor_4fGh7KqL9mNp2RsT1vWx3y */
            correction_id: string;
            /** @example 2026-11-24T09:instance-7 */
            report_id: string;
            /**
             * @description Stripe goes on billing it: it has had it for more than 24 hours, or the invoice is final. The findings of subscriptions have it.
             * @enum {string}
             */
            stripe?: "not_correctable";
        };
        UsageCleanup: {
            /**
             * Format: int64
             * @description How many reports were deleted.
             * @example 12000
             */
            deleted: number;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            cutoff: string;
        };
        AutoTopUp: {
            /** @example user-123 */
            user_id: string;
            /**
             * Format: int64
             * @description A balance below it is topped up. In the smallest unit of the account's asset.
             * @example 500
             */
            threshold: number;
            /**
             * Format: int64
             * @description What each payment adds. In the smallest unit of the account's asset.
             * @example 2000
             */
            amount: number;
            /**
             * Format: int64
             * @description The most that the payments of a day in UTC may come to, failed ones too. In the smallest unit of the account's asset.
             * @example 6000
             */
            daily_max: number;
            /**
             * Format: int64
             * @description The same of a month in UTC. In the smallest unit of the account's asset.
             * @example 20000
             */
            monthly_max: number;
            enabled: boolean;
            /** @description `no_payment_method`: a checkout with `save_payment_method` has yet to be paid. `paused`: a call with `enabled: true` lifts it. One of `ready`, `no_payment_method`, `paused`; later versions may add others. */
            status: "ready" | "no_payment_method" | "paused";
            /** @description One of `authentication_required`, `daily_max`, `monthly_max`, `outcome_unknown`, `payment_method_declined`, `payments_failed`; later versions may add others. */
            paused_reason: "authentication_required" | "daily_max" | "monthly_max" | "outcome_unknown" | "payment_method_declined" | "payments_failed" | null;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            updated_at: string;
        };
        AutoTopUpOfAccount: {
            auto_top_up: components["schemas"]["AutoTopUp"] | null;
        };
        WebhookEndpoint: {
            /** @example we_8sKq2VbXw0RtYz1A */
            endpoint_id: string;
            /** @example https://app.example.com/events */
            url: string;
            events: string[];
            /** @example accounting */
            description: string | null;
            /** @description One of `active`, `disabled`; later versions may add others. */
            status: "active" | "disabled";
            /** @description `gone`: the endpoint answered 410. `failing`: no attempt has succeeded for 5 days. One of `operator`, `gone`, `failing`; later versions may add others. */
            disabled_reason: "operator" | "gone" | "failing" | null;
            /**
             * @description Verifies the `v1a` signatures; also in `/.well-known/events-jwks.json`.
             * @example whpk_b2r1XMRTMeVIUd9bKN3rhdx4CBi9Yw7Ws2W0u0hpVaE=
             */
            public_key: string | null;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            failing_since: string | null;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            updated_at: string;
        };
        CreatedWebhookEndpoint: {
            endpoint: components["schemas"]["WebhookEndpoint"];
            /**
             * @description Verifies the `v1` signatures. It is shown only in this answer.
             * @example whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDXrfO5wN9cC0=
             */
            secret: string;
        };
        RotatedWebhookSecret: {
            /**
             * @description Verifies the `v1` signatures. It is shown only in this answer.
             * @example whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDXrfO5wN9cC0=
             */
            secret: string;
        };
        WebhookEndpointPage: {
            data: components["schemas"]["WebhookEndpoint"][];
            /**
             * @description Send it as `cursor`, with the same filters, for the next page; null on the last page.
             * @example ZcMdqyTFU93eMTA0Mg
             */
            next_cursor: string | null;
        };
        WebhookDelivery: {
            /** @example dlv_1_42 */
            delivery_id: string;
            /**
             * Format: int64
             * @description Counts the events of each endpoint from 1, without gaps.
             * @example 42
             */
            seq: number;
            /**
             * @description The `webhook-id`; null once the event is no longer kept.
             * @example evt_4fGh7KqL9mNp2RsT8uVw
             */
            event_id: string | null;
            /** @example customer.created */
            type: string | null;
            /**
             * @description `parked`: given up after 3 days, or not sent because it came while the endpoint was disabled. `failed`: given up because the endpoint was disabled. One of `pending`, `delivered`, `failed`, `parked`; later versions may add others.
             * @example delivered
             */
            status: "pending" | "delivered" | "failed" | "parked";
            /** @description The newest 32 attempts, oldest first. */
            attempts: components["schemas"]["WebhookAttempt"][];
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            next_attempt_at: string | null;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            created_at: string;
        };
        WebhookDeliveryPage: {
            data: components["schemas"]["WebhookDelivery"][];
            /**
             * @description Send it as `cursor`, with the same filters, for the next page; null on the last page.
             * @example ZcMdqyTFU93eMTA0Mg
             */
            next_cursor: string | null;
        };
        PulledEvent: {
            /** @example evt_4fGh7KqL9mNp2RsT8uVw */
            event_id: string;
            /**
             * Format: int64
             * @example 1042
             */
            seq: number;
            /** @example customer.created */
            type: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            data: components["schemas"]["PulledEventData"];
        };
        EventPage: {
            data: components["schemas"]["PulledEvent"][];
            /**
             * @description Send it as `cursor`, with the same filters, for the next page; null on the last page.
             * @example ZcMdqyTFU93eMTA0Mg
             */
            next_cursor: string | null;
        };
        EventsJsonWebKeySet: {
            keys: components["schemas"]["EventsJsonWebKey"][];
        };
        EventAudit: {
            /**
             * Format: int64
             * @description The number of the event’s record in the log. A proof takes it as `index`.
             */
            index: number;
            /**
             * Format: int64
             * @description A size of the log that includes the record. A proof takes it as `size`.
             */
            checkpoint_size: number;
        };
        /** @description An account of prepaid funds was opened. */
        AccountCreatedEvent: {
            /** @enum {string} */
            type: "account.created";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: int64
             * @description Counts the events of each endpoint from 1, without gaps.
             * @example 42
             */
            seq: number;
            data: components["schemas"]["AccountCreatedData"];
        };
        /** @description An account was changed, frozen or unfrozen. */
        AccountUpdatedEvent: {
            /** @enum {string} */
            type: "account.updated";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: int64
             * @description Counts the events of each endpoint from 1, without gaps.
             * @example 42
             */
            seq: number;
            data: components["schemas"]["AccountUpdatedData"];
        };
        /** @description The personal data of an account was erased. */
        AccountErasedEvent: {
            /** @enum {string} */
            type: "account.erased";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: int64
             * @description Counts the events of each endpoint from 1, without gaps.
             * @example 42
             */
            seq: number;
            data: components["schemas"]["AccountErasedData"];
        };
        /** @description Money has come into an account. */
        FundsToppedUpEvent: {
            /** @enum {string} */
            type: "funds.topped_up";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: int64
             * @description Counts the events of each endpoint from 1, without gaps.
             * @example 42
             */
            seq: number;
            data: components["schemas"]["FundsToppedUpData"];
        };
        /** @description A charge was given back, or a payment was taken back by Stripe. */
        FundsRefundedEvent: {
            /** @enum {string} */
            type: "funds.refunded";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: int64
             * @description Counts the events of each endpoint from 1, without gaps.
             * @example 42
             */
            seq: number;
            data: components["schemas"]["FundsRefundedData"];
        };
        /** @description An operator has moved money by hand. */
        FundsAdjustedEvent: {
            /** @enum {string} */
            type: "funds.adjusted";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: int64
             * @description Counts the events of each endpoint from 1, without gaps.
             * @example 42
             */
            seq: number;
            data: components["schemas"]["FundsAdjustedData"];
        };
        /** @description An account was charged. */
        FundsDeductedEvent: {
            /** @enum {string} */
            type: "funds.deducted";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: int64
             * @description Counts the events of each endpoint from 1, without gaps.
             * @example 42
             */
            seq: number;
            data: components["schemas"]["FundsDeductedData"];
        };
        /** @description An amount was set aside. */
        FundsHeldEvent: {
            /** @enum {string} */
            type: "funds.held";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: int64
             * @description Counts the events of each endpoint from 1, without gaps.
             * @example 42
             */
            seq: number;
            data: components["schemas"]["FundsHeldData"];
        };
        /** @description A charge was made from a hold. */
        FundsCapturedEvent: {
            /** @enum {string} */
            type: "funds.captured";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: int64
             * @description Counts the events of each endpoint from 1, without gaps.
             * @example 42
             */
            seq: number;
            data: components["schemas"]["FundsCapturedData"];
        };
        /** @description The amount of a hold became available again. */
        FundsReleasedEvent: {
            /** @enum {string} */
            type: "funds.released";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: int64
             * @description Counts the events of each endpoint from 1, without gaps.
             * @example 42
             */
            seq: number;
            data: components["schemas"]["FundsReleasedData"];
        };
        /** @description A balance has fallen below the `low_balance_at` of its account. */
        FundsLowBalanceEvent: {
            /** @enum {string} */
            type: "funds.low_balance";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: int64
             * @description Counts the events of each endpoint from 1, without gaps.
             * @example 42
             */
            seq: number;
            data: components["schemas"]["FundsLowBalanceData"];
        };
        /** @description A balance has fallen below zero. */
        FundsNegativeEvent: {
            /** @enum {string} */
            type: "funds.negative";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: int64
             * @description Counts the events of each endpoint from 1, without gaps.
             * @example 42
             */
            seq: number;
            data: components["schemas"]["FundsNegativeData"];
        };
        /** @description A grant expires within 7 days. */
        GrantExpiringEvent: {
            /** @enum {string} */
            type: "grant.expiring";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: int64
             * @description Counts the events of each endpoint from 1, without gaps.
             * @example 42
             */
            seq: number;
            data: components["schemas"]["GrantExpiringData"];
        };
        /** @description A grant has expired. `amount` is the part that was not used. */
        GrantExpiredEvent: {
            /** @enum {string} */
            type: "grant.expired";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: int64
             * @description Counts the events of each endpoint from 1, without gaps.
             * @example 42
             */
            seq: number;
            data: components["schemas"]["GrantExpiredData"];
        };
        /** @description A budget has reached one of the percentages of its `alert_at`. */
        BudgetThresholdEvent: {
            /** @enum {string} */
            type: "budget.threshold";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: int64
             * @description Counts the events of each endpoint from 1, without gaps.
             * @example 42
             */
            seq: number;
            data: components["schemas"]["BudgetThresholdData"];
        };
        /** @description A soft budget was passed, or a hard budget refused a charge. Sent once in each window. */
        BudgetExceededEvent: {
            /** @enum {string} */
            type: "budget.exceeded";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: int64
             * @description Counts the events of each endpoint from 1, without gaps.
             * @example 42
             */
            seq: number;
            data: components["schemas"]["BudgetExceededData"];
        };
        /** @description A customer was created. */
        CustomerCreatedEvent: {
            /** @enum {string} */
            type: "customer.created";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: int64
             * @description Counts the events of each endpoint from 1, without gaps.
             * @example 42
             */
            seq: number;
            data: components["schemas"]["CustomerCreatedData"];
        };
        /** @description A customer was changed, suspended or reinstated. */
        CustomerUpdatedEvent: {
            /** @enum {string} */
            type: "customer.updated";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: int64
             * @description Counts the events of each endpoint from 1, without gaps.
             * @example 42
             */
            seq: number;
            data: components["schemas"]["CustomerUpdatedData"];
        };
        /** @description The personal data of a customer, or of the user of an account, was exported. */
        CustomerExportedEvent: {
            /** @enum {string} */
            type: "customer.exported";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: int64
             * @description Counts the events of each endpoint from 1, without gaps.
             * @example 42
             */
            seq: number;
            data: components["schemas"]["CustomerExportedData"];
        };
        /** @description The personal data of a customer was erased. */
        CustomerErasedEvent: {
            /** @enum {string} */
            type: "customer.erased";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: int64
             * @description Counts the events of each endpoint from 1, without gaps.
             * @example 42
             */
            seq: number;
            data: components["schemas"]["CustomerErasedData"];
        };
        /** @description An API key was issued. */
        ApiKeyCreatedEvent: {
            /** @enum {string} */
            type: "api_key.created";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: int64
             * @description Counts the events of each endpoint from 1, without gaps.
             * @example 42
             */
            seq: number;
            data: components["schemas"]["ApiKeyCreatedData"];
        };
        /** @description An API key was replaced. Both keys are valid during the overlap. */
        ApiKeyRotatedEvent: {
            /** @enum {string} */
            type: "api_key.rotated";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: int64
             * @description Counts the events of each endpoint from 1, without gaps.
             * @example 42
             */
            seq: number;
            data: components["schemas"]["ApiKeyRotatedData"];
        };
        /** @description An API key was revoked. */
        ApiKeyRevokedEvent: {
            /** @enum {string} */
            type: "api_key.revoked";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: int64
             * @description Counts the events of each endpoint from 1, without gaps.
             * @example 42
             */
            seq: number;
            data: components["schemas"]["ApiKeyRevokedData"];
        };
        /** @description A subscription has begun, changed, ended or got another owner, or its price means another plan. */
        SubscriptionUpdatedEvent: {
            /** @enum {string} */
            type: "subscription.updated";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: int64
             * @description Counts the events of each endpoint from 1, without gaps.
             * @example 42
             */
            seq: number;
            data: components["schemas"]["SubscriptionUpdatedData"];
        };
        /** @description A licence was issued. */
        LicenseIssuedEvent: {
            /** @enum {string} */
            type: "license.issued";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: int64
             * @description Counts the events of each endpoint from 1, without gaps.
             * @example 42
             */
            seq: number;
            data: components["schemas"]["LicenseIssuedData"];
        };
        /** @description A licence was added to the revocation list. */
        LicenseRevokedEvent: {
            /** @enum {string} */
            type: "license.revoked";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: int64
             * @description Counts the events of each endpoint from 1, without gaps.
             * @example 42
             */
            seq: number;
            data: components["schemas"]["LicenseRevokedData"];
        };
        /** @description A customer has used more of a metric than the plan allows in a month. */
        UsageLimitExceededEvent: {
            /** @enum {string} */
            type: "usage.limit_exceeded";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: int64
             * @description Counts the events of each endpoint from 1, without gaps.
             * @example 42
             */
            seq: number;
            data: components["schemas"]["UsageLimitExceededData"];
        };
        /** @description A customer used far more of a metric in an hour than is usual. */
        UsageAnomalyEvent: {
            /** @enum {string} */
            type: "usage.anomaly";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: int64
             * @description Counts the events of each endpoint from 1, without gaps.
             * @example 42
             */
            seq: number;
            data: components["schemas"]["UsageAnomalyData"];
        };
        /** @description An automatic top-up was paid, and the money is in the account. */
        AutoTopUpSucceededEvent: {
            /** @enum {string} */
            type: "auto_top_up.succeeded";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: int64
             * @description Counts the events of each endpoint from 1, without gaps.
             * @example 42
             */
            seq: number;
            data: components["schemas"]["AutoTopUpSucceededData"];
        };
        /** @description The payment of an automatic top-up has failed. */
        AutoTopUpFailedEvent: {
            /** @enum {string} */
            type: "auto_top_up.failed";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: int64
             * @description Counts the events of each endpoint from 1, without gaps.
             * @example 42
             */
            seq: number;
            data: components["schemas"]["AutoTopUpFailedData"];
        };
        /** @description Automatic top-ups of an account have stopped until they are enabled again. */
        AutoTopUpPausedEvent: {
            /** @enum {string} */
            type: "auto_top_up.paused";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: int64
             * @description Counts the events of each endpoint from 1, without gaps.
             * @example 42
             */
            seq: number;
            data: components["schemas"]["AutoTopUpPausedData"];
        };
        /** @description An endpoint was disabled, and gets no more events until it is enabled again. */
        EndpointDisabledEvent: {
            /** @enum {string} */
            type: "endpoint.disabled";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: int64
             * @description Counts the events of each endpoint from 1, without gaps.
             * @example 42
             */
            seq: number;
            data: components["schemas"]["EndpointDisabledData"];
        };
        /** @description An operator wants to see whether an endpoint gets its events. */
        TestPingEvent: {
            /** @enum {string} */
            type: "test.ping";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: int64
             * @description Counts the events of each endpoint from 1, without gaps.
             * @example 42
             */
            seq: number;
            data: components["schemas"]["TestPingData"];
        };
        AccountExport: {
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            exported_at: string;
            account: components["schemas"]["AccountExportAccount"];
            transfers: components["schemas"]["AccountExportTransfer"][];
            holds: components["schemas"]["AccountExportHold"][];
            grants: components["schemas"]["Grant"][];
            budgets: components["schemas"]["Budget"][];
            /** @description The webhook events of the last 30 days. */
            events: components["schemas"]["AccountExportEvent"][];
            /** @description Links to the portal and its sessions. Those that have ended are deleted. */
            portal_sessions: components["schemas"]["AccountExportPortalSession"][];
            stripe_payments: components["schemas"]["AccountExportStripePayment"][];
            stripe_takings: components["schemas"]["AccountExportStripeTaking"][];
            auto_top_up: components["schemas"]["AccountExportAutoTopUp"] | null;
            saved_payment_method: components["schemas"]["AccountExportSavedPaymentMethod"] | null;
            auto_top_up_payments: components["schemas"]["AccountExportAutoTopUpPayment"][];
            stripe_events: components["schemas"]["AccountExportStripeEvent"][];
            audit_records: components["schemas"]["AccountExportAuditRecord"][];
        };
        CustomerExport: {
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            exported_at: string;
            customer: components["schemas"]["Customer"];
            creation: components["schemas"]["CustomerExportCreation"] | null;
            /** @description The account that has paid for the usage; null if there is none. */
            account: components["schemas"]["AccountExport"] | null;
            /** @description The webhook events of the last 30 days. */
            events: components["schemas"]["CustomerExportEvent"][];
            api_keys: components["schemas"]["ApiKey"][];
            api_key_calls: components["schemas"]["ExportedApiKeyCalls"][];
            subscriptions: components["schemas"]["CustomerExportSubscription"][];
            subscriptions_past: components["schemas"]["CustomerExportSubscriptionsPastItem"][];
            base_plans_past: components["schemas"]["CustomerExportBasePlansPastItem"][];
            licenses: components["schemas"]["CustomerExportLicense"][];
            usage_reports: components["schemas"]["CustomerExportUsageReport"][];
            usage_totals: components["schemas"]["CustomerExportUsageTotal"][];
            usage_findings: components["schemas"]["UsageFinding"][];
            usage_corrections: components["schemas"]["CustomerExportUsageCorrection"][];
            usage_billing_findings: components["schemas"]["CustomerExportUsageBillingFinding"][];
            usage_meter_hours: components["schemas"]["CustomerExportUsageMeterHour"][];
            usage_meter_sums: components["schemas"]["CustomerExportUsageMeterSum"][];
            usage_meter_events: components["schemas"]["CustomerExportUsageMeterEvent"][];
            usage_remainders: components["schemas"]["CustomerExportUsageRemainder"][];
            stripe_events: components["schemas"]["CustomerExportStripeEvent"][];
            audit_records: components["schemas"]["CustomerExportAuditRecord"][];
        };
        UnknownResult: {
            [key: string]: unknown;
        };
        HealthChecks: {
            /** @description One of `ok`, `unavailable`; later versions may add others. */
            database: "ok" | "unavailable";
            /** @description One of `ok`, `unavailable`; later versions may add others. */
            redis?: "ok" | "unavailable";
        };
        JsonWebKey: {
            /** @enum {string} */
            kty: "RSA";
            /** @example 0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_… */
            n: string;
            /** @example AQAB */
            e: string;
            /**
             * @description The RFC 7638 thumbprint of the key.
             * @example NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs
             */
            kid: string;
            /** @enum {string} */
            use: "sig";
            /** @enum {string} */
            alg: "RS256";
        };
        ChecklistFinding: {
            /** @example Settings */
            group: string;
            /** @example log level */
            check: string;
            /** @description One of `pass`, `warning`, `failure`, `unseen`; later versions may add others. */
            status: "pass" | "warning" | "failure" | "unseen";
            /** @example The key is readable by others. */
            reason: string;
            /** @example chmod 600 license-key.pem */
            advice?: string;
        };
        /** @description When grants expire next, and what remains of all that do then. */
        NextExpiry: {
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            at: string;
            /**
             * Format: int64
             * @description In the smallest unit of the asset.
             * @example 1000
             */
            amount: number;
        };
        GrantPiece: {
            /** @example grant_42_1 */
            grant_id: string;
            /**
             * Format: int64
             * @description In the smallest unit of the asset.
             * @example 1000
             */
            amount: number;
        };
        /**
         * @description Your own data: up to 50 keys of 1 to 64 characters, stored as given.
         * @example {
         *       "crm_id": "A-17"
         *     }
         */
        Metadata: {
            [key: string]: unknown;
        };
        /**
         * @description What the call alone answers: a movement, a hold, or an error with its `code`.
         * @example {
         *       "transfer_id": "tr_42_7",
         *       "amount": 500,
         *       "balance": 500
         *     }
         */
        TransferResultBody: {
            [key: string]: unknown;
        };
        TransferResult: {
            /**
             * Format: int32
             * @description Of HTTP, as the call alone would have it.
             * @example 200
             */
            status: number;
            body: components["schemas"]["TransferResultBody"];
            /** @description The key had been used for this transfer: the answer is the first one. */
            replayed?: boolean;
        };
        StatementMovement: {
            /** @example tr_42_7 */
            transfer_id: string;
            /** @description One of `deduct`, `top_up`, `stripe_top_up`, `stripe_reversal`, `stripe_reinstatement`, `forfeit`, `write_off`, `adjustment`, `refund`, `hold`, `capture`, `release`, `grant`, `void`, `expire`; later versions may add others. */
            kind: "deduct" | "top_up" | "stripe_top_up" | "stripe_reversal" | "stripe_reinstatement" | "forfeit" | "write_off" | "adjustment" | "refund" | "hold" | "capture" | "release" | "grant" | "void" | "expire";
            /**
             * @description The charge that it refunds, or the hold that it captures or releases.
             * @example tr_42_6
             */
            target_id: string | null;
            /**
             * Format: int64
             * @description What it did to the balance: below zero for what was taken.
             * @example -500
             */
            amount: number;
            /**
             * Format: int64
             * @description In the smallest unit of the asset.
             * @example 1000
             */
            balance_after: number;
            /** @example 1,200 tokens */
            reason: string | null;
            /** @example job-77 */
            reference: string | null;
            metadata: components["schemas"]["Metadata"] | null;
            /** @example order-1001 */
            idempotency_key: string | null;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            created_at: string;
        };
        /** @description Null matches any. */
        BudgetMatch: {
            /** @example agent-7/ */
            reference_prefix: string | null;
            /** @example 1,200 tokens */
            reason: string | null;
        };
        CheckedBudget: {
            /** @example daily */
            budget_id: string;
            /**
             * Format: int64
             * @description In the smallest unit of the asset.
             * @example 1000
             */
            remaining: number;
        };
        MoneyFlowBucket: {
            /**
             * Format: date-time
             * @description When the hour or day begins, in UTC.
             * @example 2026-11-24T09:30:00.000Z
             */
            bucket: string;
            /** @example USD/2 */
            asset: string;
            /** @description One of `deduct`, `top_up`, `stripe_top_up`, `stripe_reversal`, `stripe_reinstatement`, `forfeit`, `write_off`, `adjustment`, `refund`, `hold`, `capture`, `release`, `grant`, `void`, `expire`; later versions may add others. */
            kind: "deduct" | "top_up" | "stripe_top_up" | "stripe_reversal" | "stripe_reinstatement" | "forfeit" | "write_off" | "adjustment" | "refund" | "hold" | "capture" | "release" | "grant" | "void" | "expire";
            /**
             * Format: double
             * @description What these did to the balances of users together: below zero for charges.
             * @example -12500
             */
            amount: number;
            /**
             * @description `amount` to the unit, where it is beyond 2^53 - 1.
             * @example -9007199254740993
             */
            amount_exact?: string;
            /**
             * Format: int64
             * @example 25
             */
            transfers: number;
        };
        /**
         * @example {
         *       "trial_days": 14,
         *       "allow_promotion_codes": true
         *     }
         */
        CheckoutOptions: {
            /**
             * Format: int32
             * @example 14
             */
            trial_days?: number;
            /** @description The page has a field for a promotion code. */
            allow_promotion_codes?: boolean;
            /** @description Stripe Tax calculates the tax. */
            automatic_tax?: boolean;
            /** @description The page asks companies for their tax id. */
            tax_id_collection?: boolean;
        };
        /**
         * @description What the plan unlocks: a switch, a number or a text for each feature.
         * @example {
         *       "sso": true,
         *       "support": "email"
         *     }
         */
        Features: {
            [key: string]: unknown;
        };
        /**
         * @description The maximum of each metric in a calendar month (UTC). Other metrics are unlimited.
         * @example {
         *       "api.calls": 100000
         *     }
         */
        Limits: {
            [key: string]: number;
        };
        StripeMetering: {
            /** @enum {string} */
            via: "stripe";
            /**
             * @description The event name of a meter at Stripe whose aggregation is `sum`.
             * @example api_calls
             */
            event_name: string;
        };
        FundsMetering: {
            /** @enum {string} */
            via: "funds";
            /**
             * @description A currency and its decimals: `USD/2` counts cents, `USD/6` millionths of a dollar.
             * @example USD/2
             */
            asset: string;
            /**
             * Format: int64
             * @description In the smallest unit of the asset. The cost of a report is rounded down, and the fraction is kept, exactly, and added to the next report.
             * @example 3
             */
            price: number;
            /**
             * Format: int64
             * @description The number of units that the price is for.
             * @default 1
             * @example 1000
             */
            per: number;
        };
        Metering: components["schemas"]["StripeMetering"] | components["schemas"]["FundsMetering"];
        ApiKeyCallsBucket: {
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            bucket: string;
            /**
             * Format: int64
             * @description How many calls were made.
             * @example 120
             */
            calls: number;
            /**
             * Format: int64
             * @description How many of them were answered 401, 403 or 429.
             * @example 3
             */
            refused: number;
        };
        MeKey: {
            /** @example k3Jd82Lq */
            key_id: string;
            /** @example production */
            name: string | null;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            expires_at: string | null;
        };
        SubscriptionPlan: {
            /** @example starter */
            plan: string;
            /**
             * Format: int64
             * @example 5
             */
            quantity: number;
        };
        /** @description What it is about, where that is use. */
        FindingUsage: {
            /**
             * @description Of Stripe’s meter.
             * @example api_calls
             */
            event_name: string;
            /**
             * @description An exact decimal.
             * @example 1000
             */
            value: string;
            /**
             * Format: date-time
             * @description The earliest of it.
             * @example 2026-11-24T09:30:00.000Z
             */
            used_at: string;
        };
        LicenseRecord: {
            /**
             * @description `lic_` and 16 base62 characters; the `jti` of the token.
             * @example lic_8sKq2VbXw0RtYz1A
             */
            license_id: string;
            /** @example starter */
            plan: string | null;
            features: components["schemas"]["Features"];
            limits: components["schemas"]["Limits"];
            /**
             * Format: int64
             * @description The paid quantity of the plan, such as seats; 1 for a licence issued by hand.
             * @example 5
             */
            quantity: number;
            /**
             * @description `superseded`: a newer one of its subscription grants the same, and this one verifies until it expires. `ended`: its subscription ended or changed its terms. `revoked`: by an operator. One of `active`, `superseded`, `ended`, `revoked`; later versions may add others.
             * @example active
             */
            status: "active" | "superseded" | "ended" | "revoked";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            issued_at: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            expires_at: string;
            /**
             * @description The `kid` of the key that signed the token.
             * @example NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs
             */
            key_id: string;
            /**
             * @description The licence itself: a JWT, signed RS256.
             * @example eyJhbGciOiJSUzI1NiIsInR5cCI6ImxpY2Vuc2Urand0Iiwia2lkIjoi…
             */
            token: string;
            /**
             * @description `cust_` and 16 base62 characters.
             * @example cust_4fGh7KqL9mNp2RsT
             */
            customer_id: string;
            /** @example sub_1MowQVLkdIwHu7ixeRlqHVzs */
            stripe_subscription_id: string | null;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            revoked_at: string | null;
            /** @example chargeback */
            reason: string | null;
        };
        UsageStanding: {
            /** @example api.calls */
            metric: string;
            /**
             * Format: double
             * @description In this calendar month (UTC).
             * @example 81250
             */
            used: number;
            /**
             * @description The sum as an exact decimal, where it is above 2^53 - 1 or has more digits than a number keeps.
             * @example 9007199254740993
             */
            used_exact?: string;
            /**
             * Format: double
             * @example 100000
             */
            limit: number;
            /** @description Whether `used` is more than `limit`. */
            exceeded: boolean;
        };
        /** @description What is left of the customer’s allowances. */
        UsageRemaining: {
            /**
             * Format: int64
             * @description Metric values that may be stored until the next full hour (UTC).
             * @example 199998
             */
            values: number;
            /**
             * Format: int64
             * @description Metric names that may be added.
             * @example 998
             */
            metric_names: number;
        };
        UsageCharge: {
            /** @example tokens */
            metric: string;
            /**
             * Format: int64
             * @description The charge, rounded down. The fraction is added to the next report.
             * @example 3750
             */
            amount: number;
            /**
             * @description A currency and its decimals: `USD/2` counts cents, `USD/6` millionths of a dollar.
             * @example USD/2
             */
            asset: string;
            /**
             * @description One transfer for all charges of the report; null if all charges are 0.
             * @example tr_42_7
             */
            transfer_id: string | null;
        };
        UsageBatchResult: {
            /**
             * @description The id of the report; null for a refused report without one.
             * @example 2026-11-24T09:instance-7
             */
            report_id: string | null;
            /** @description One of `created`, `replayed`, `refused`; later versions may add others. */
            status: "created" | "replayed" | "refused";
            /**
             * @description Why the report was refused.
             * @example VALIDATION_FAILED
             */
            code?: string;
        };
        UsageTotal: {
            /**
             * Format: date-time
             * @description The start of the hour, day or month.
             * @example 2026-11-24T00:00:00.000Z
             */
            bucket: string;
            /** @example api.calls */
            metric: string;
            /**
             * Format: int64
             * @description How many reports were made.
             * @example 24
             */
            count: number;
            /**
             * Format: double
             * @example 30000
             */
            sum: number;
            /**
             * @description The sum as an exact decimal, where it is above 2^53 - 1 or has more digits than a number keeps.
             * @example 9007199254740993
             */
            sum_exact?: string;
            /**
             * Format: double
             * @example 900
             */
            min: number;
            /**
             * Format: double
             * @example 1600
             */
            max: number;
            /**
             * Format: double
             * @description The value with the latest `reported_at`.
             * @example 1250
             */
            last: number;
        };
        UsageTotalOfAll: {
            /**
             * Format: date-time
             * @description The start of the hour, day or month.
             * @example 2026-11-24T00:00:00.000Z
             */
            bucket: string;
            /** @example api.calls */
            metric: string;
            /**
             * Format: int64
             * @description How many reports were made.
             * @example 24
             */
            count: number;
            /**
             * Format: double
             * @example 30000
             */
            sum: number;
            /**
             * @description The sum as an exact decimal, where it is above 2^53 - 1 or has more digits than a number keeps.
             * @example 9007199254740993
             */
            sum_exact?: string;
            /**
             * Format: double
             * @example 900
             */
            min: number;
            /**
             * Format: double
             * @example 1600
             */
            max: number;
            /**
             * Format: int64
             * @description How many customers reported it.
             * @example 12
             */
            customers: number;
        };
        TopUsageEntry: {
            /**
             * @description `cust_` and 16 base62 characters.
             * @example cust_4fGh7KqL9mNp2RsT
             */
            customer_id: string;
            /**
             * Format: int64
             * @example 720
             */
            count: number;
            /**
             * Format: double
             * @example 900000
             */
            sum: number;
            /**
             * @description The sum as an exact decimal, where it is above 2^53 - 1 or has more digits than a number keeps.
             * @example 9007199254740993
             */
            sum_exact?: string;
            /**
             * Format: double
             * @example 1600
             */
            max: number;
        };
        WebhookAttempt: {
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            at: string;
            /**
             * Format: int64
             * @description The HTTP status of the answer; null if there was none.
             * @example 200
             */
            status: number | null;
            /**
             * Format: int64
             * @example 85
             */
            duration_ms: number;
            /**
             * @description Why the attempt failed, in a word.
             * @example timeout
             */
            error: string | null;
        };
        /**
         * @description The `data` of the event’s type, as described in `webhooks` of this document.
         * @example {
         *       "customer_id": "cust_4fGh7KqL9mNp2RsT"
         *     }
         */
        PulledEventData: {
            [key: string]: unknown;
        };
        EventsJsonWebKey: {
            /** @enum {string} */
            kty: "OKP";
            /** @enum {string} */
            crv: "Ed25519";
            /** @example 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo */
            x: string;
            /**
             * @description The RFC 7638 thumbprint of the key.
             * @example NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs
             */
            kid: string;
            /** @enum {string} */
            use: "sig";
            /** @enum {string} */
            alg: "EdDSA";
        };
        AccountCreatedData: {
            /**
             * @description Your own id of the user; null once the user was erased.
             * @example user-123
             */
            user_id: string | null;
            /**
             * @description The asset of the account.
             * @example USD/2
             */
            asset: string;
            /** @example pro */
            tier: string;
            audit?: components["schemas"]["EventAudit"];
        };
        AccountUpdatedData: {
            /**
             * @description Your own id of the user; null once the user was erased.
             * @example user-123
             */
            user_id: string | null;
            /**
             * @description The asset of the account.
             * @example USD/2
             */
            asset: string;
            changed: string[];
            /** @example pro */
            tier?: string;
            /** @example frozen */
            status?: string;
            audit?: components["schemas"]["EventAudit"];
        };
        AccountErasedData: {
            /**
             * @description Your own id of the user; null once the user was erased.
             * @example user-123
             */
            user_id: string | null;
            /**
             * @description The asset of the account.
             * @example USD/2
             */
            asset: string;
            /** Format: int64 */
            holds_released: number;
            /** Format: int64 */
            balance_given_up: number;
            audit?: components["schemas"]["EventAudit"];
        };
        FundsToppedUpData: {
            /**
             * @description Your own id of the user; null once the user was erased.
             * @example user-123
             */
            user_id: string | null;
            /**
             * @description The asset of the account.
             * @example USD/2
             */
            asset: string;
            /** @example tr_42_7 */
            transfer_id: string;
            /**
             * @description One of `deduct`, `top_up`, `stripe_top_up`, `stripe_reversal`, `stripe_reinstatement`, `forfeit`, `write_off`, `adjustment`, `refund`, `hold`, `capture`, `release`, `grant`, `void`, `expire`; later versions may add others.
             * @example deduct
             */
            kind: "deduct" | "top_up" | "stripe_top_up" | "stripe_reversal" | "stripe_reinstatement" | "forfeit" | "write_off" | "adjustment" | "refund" | "hold" | "capture" | "release" | "grant" | "void" | "expire";
            /**
             * Format: int64
             * @description In the smallest unit of the asset.
             * @example 1000
             */
            amount: number;
            /**
             * Format: int64
             * @description The balance right after the movement.
             * @example 1000
             */
            balance: number;
            /**
             * Format: int64
             * @description The amount that could be deducted right after the movement.
             */
            available: number;
            /**
             * @description The charge that it refunds, or the hold that it ends.
             * @example tr_42_6
             */
            target_id: string | null;
            audit?: components["schemas"]["EventAudit"];
        };
        FundsRefundedData: {
            /**
             * @description Your own id of the user; null once the user was erased.
             * @example user-123
             */
            user_id: string | null;
            /**
             * @description The asset of the account.
             * @example USD/2
             */
            asset: string;
            /** @example tr_42_7 */
            transfer_id: string;
            /**
             * @description One of `deduct`, `top_up`, `stripe_top_up`, `stripe_reversal`, `stripe_reinstatement`, `forfeit`, `write_off`, `adjustment`, `refund`, `hold`, `capture`, `release`, `grant`, `void`, `expire`; later versions may add others.
             * @example deduct
             */
            kind: "deduct" | "top_up" | "stripe_top_up" | "stripe_reversal" | "stripe_reinstatement" | "forfeit" | "write_off" | "adjustment" | "refund" | "hold" | "capture" | "release" | "grant" | "void" | "expire";
            /**
             * Format: int64
             * @description In the smallest unit of the asset.
             * @example 1000
             */
            amount: number;
            /**
             * Format: int64
             * @description The balance right after the movement.
             * @example 1000
             */
            balance: number;
            /**
             * Format: int64
             * @description The amount that could be deducted right after the movement.
             */
            available: number;
            /**
             * @description The charge that it refunds, or the hold that it ends.
             * @example tr_42_6
             */
            target_id: string | null;
            audit?: components["schemas"]["EventAudit"];
        };
        FundsAdjustedData: {
            /**
             * @description Your own id of the user; null once the user was erased.
             * @example user-123
             */
            user_id: string | null;
            /**
             * @description The asset of the account.
             * @example USD/2
             */
            asset: string;
            /** @example tr_42_7 */
            transfer_id: string;
            /**
             * @description One of `deduct`, `top_up`, `stripe_top_up`, `stripe_reversal`, `stripe_reinstatement`, `forfeit`, `write_off`, `adjustment`, `refund`, `hold`, `capture`, `release`, `grant`, `void`, `expire`; later versions may add others.
             * @example deduct
             */
            kind: "deduct" | "top_up" | "stripe_top_up" | "stripe_reversal" | "stripe_reinstatement" | "forfeit" | "write_off" | "adjustment" | "refund" | "hold" | "capture" | "release" | "grant" | "void" | "expire";
            /**
             * Format: int64
             * @description In the smallest unit of the asset.
             * @example 1000
             */
            amount: number;
            /**
             * Format: int64
             * @description The balance right after the movement.
             * @example 1000
             */
            balance: number;
            /**
             * Format: int64
             * @description The amount that could be deducted right after the movement.
             */
            available: number;
            /**
             * @description The charge that it refunds, or the hold that it ends.
             * @example tr_42_6
             */
            target_id: string | null;
            audit?: components["schemas"]["EventAudit"];
        };
        FundsDeductedData: {
            /**
             * @description Your own id of the user; null once the user was erased.
             * @example user-123
             */
            user_id: string | null;
            /**
             * @description The asset of the account.
             * @example USD/2
             */
            asset: string;
            /** @example tr_42_7 */
            transfer_id: string;
            /**
             * @description One of `deduct`, `top_up`, `stripe_top_up`, `stripe_reversal`, `stripe_reinstatement`, `forfeit`, `write_off`, `adjustment`, `refund`, `hold`, `capture`, `release`, `grant`, `void`, `expire`; later versions may add others.
             * @example deduct
             */
            kind: "deduct" | "top_up" | "stripe_top_up" | "stripe_reversal" | "stripe_reinstatement" | "forfeit" | "write_off" | "adjustment" | "refund" | "hold" | "capture" | "release" | "grant" | "void" | "expire";
            /**
             * Format: int64
             * @description In the smallest unit of the asset.
             * @example 1000
             */
            amount: number;
            /**
             * Format: int64
             * @description The balance right after the movement.
             * @example 1000
             */
            balance: number;
            /**
             * Format: int64
             * @description The amount that could be deducted right after the movement.
             */
            available: number;
            /**
             * @description The charge that it refunds, or the hold that it ends.
             * @example tr_42_6
             */
            target_id: string | null;
            audit?: components["schemas"]["EventAudit"];
        };
        FundsHeldData: {
            /**
             * @description Your own id of the user; null once the user was erased.
             * @example user-123
             */
            user_id: string | null;
            /**
             * @description The asset of the account.
             * @example USD/2
             */
            asset: string;
            /** @example tr_42_7 */
            transfer_id: string;
            /**
             * @description One of `deduct`, `top_up`, `stripe_top_up`, `stripe_reversal`, `stripe_reinstatement`, `forfeit`, `write_off`, `adjustment`, `refund`, `hold`, `capture`, `release`, `grant`, `void`, `expire`; later versions may add others.
             * @example deduct
             */
            kind: "deduct" | "top_up" | "stripe_top_up" | "stripe_reversal" | "stripe_reinstatement" | "forfeit" | "write_off" | "adjustment" | "refund" | "hold" | "capture" | "release" | "grant" | "void" | "expire";
            /**
             * Format: int64
             * @description In the smallest unit of the asset.
             * @example 1000
             */
            amount: number;
            /**
             * Format: int64
             * @description The balance right after the movement.
             * @example 1000
             */
            balance: number;
            /**
             * Format: int64
             * @description The amount that could be deducted right after the movement.
             */
            available: number;
            /**
             * @description The charge that it refunds, or the hold that it ends.
             * @example tr_42_6
             */
            target_id: string | null;
            audit?: components["schemas"]["EventAudit"];
        };
        FundsCapturedData: {
            /**
             * @description Your own id of the user; null once the user was erased.
             * @example user-123
             */
            user_id: string | null;
            /**
             * @description The asset of the account.
             * @example USD/2
             */
            asset: string;
            /** @example tr_42_7 */
            transfer_id: string;
            /**
             * @description One of `deduct`, `top_up`, `stripe_top_up`, `stripe_reversal`, `stripe_reinstatement`, `forfeit`, `write_off`, `adjustment`, `refund`, `hold`, `capture`, `release`, `grant`, `void`, `expire`; later versions may add others.
             * @example deduct
             */
            kind: "deduct" | "top_up" | "stripe_top_up" | "stripe_reversal" | "stripe_reinstatement" | "forfeit" | "write_off" | "adjustment" | "refund" | "hold" | "capture" | "release" | "grant" | "void" | "expire";
            /**
             * Format: int64
             * @description In the smallest unit of the asset.
             * @example 1000
             */
            amount: number;
            /**
             * Format: int64
             * @description The balance right after the movement.
             * @example 1000
             */
            balance: number;
            /**
             * Format: int64
             * @description The amount that could be deducted right after the movement.
             */
            available: number;
            /**
             * @description The charge that it refunds, or the hold that it ends.
             * @example tr_42_6
             */
            target_id: string | null;
            audit?: components["schemas"]["EventAudit"];
        };
        FundsReleasedData: {
            /**
             * @description Your own id of the user; null once the user was erased.
             * @example user-123
             */
            user_id: string | null;
            /**
             * @description The asset of the account.
             * @example USD/2
             */
            asset: string;
            /** @example tr_42_7 */
            transfer_id: string;
            /**
             * @description One of `deduct`, `top_up`, `stripe_top_up`, `stripe_reversal`, `stripe_reinstatement`, `forfeit`, `write_off`, `adjustment`, `refund`, `hold`, `capture`, `release`, `grant`, `void`, `expire`; later versions may add others.
             * @example deduct
             */
            kind: "deduct" | "top_up" | "stripe_top_up" | "stripe_reversal" | "stripe_reinstatement" | "forfeit" | "write_off" | "adjustment" | "refund" | "hold" | "capture" | "release" | "grant" | "void" | "expire";
            /**
             * Format: int64
             * @description In the smallest unit of the asset.
             * @example 1000
             */
            amount: number;
            /**
             * Format: int64
             * @description The balance right after the movement.
             * @example 1000
             */
            balance: number;
            /**
             * Format: int64
             * @description The amount that could be deducted right after the movement.
             */
            available: number;
            /**
             * @description The charge that it refunds, or the hold that it ends.
             * @example tr_42_6
             */
            target_id: string | null;
            audit?: components["schemas"]["EventAudit"];
        };
        FundsLowBalanceData: {
            /**
             * @description Your own id of the user; null once the user was erased.
             * @example user-123
             */
            user_id: string | null;
            /**
             * @description The asset of the account.
             * @example USD/2
             */
            asset: string;
            /**
             * Format: int64
             * @description In the smallest unit of the asset.
             * @example 1000
             */
            balance: number;
            audit?: components["schemas"]["EventAudit"];
        };
        FundsNegativeData: {
            /**
             * @description Your own id of the user; null once the user was erased.
             * @example user-123
             */
            user_id: string | null;
            /**
             * @description The asset of the account.
             * @example USD/2
             */
            asset: string;
            /** @example tr_42_7 */
            transfer_id: string;
            /**
             * @description One of `deduct`, `top_up`, `stripe_top_up`, `stripe_reversal`, `stripe_reinstatement`, `forfeit`, `write_off`, `adjustment`, `refund`, `hold`, `capture`, `release`, `grant`, `void`, `expire`; later versions may add others.
             * @example deduct
             */
            kind: "deduct" | "top_up" | "stripe_top_up" | "stripe_reversal" | "stripe_reinstatement" | "forfeit" | "write_off" | "adjustment" | "refund" | "hold" | "capture" | "release" | "grant" | "void" | "expire";
            /**
             * Format: int64
             * @description In the smallest unit of the asset.
             * @example 1000
             */
            amount: number;
            /**
             * Format: int64
             * @description The balance right after the movement.
             * @example 1000
             */
            balance: number;
            /**
             * Format: int64
             * @description The amount that could be deducted right after the movement.
             */
            available: number;
            /**
             * @description The charge that it refunds, or the hold that it ends.
             * @example tr_42_6
             */
            target_id: string | null;
            audit?: components["schemas"]["EventAudit"];
        };
        GrantExpiringData: {
            /**
             * @description Your own id of the user; null once the user was erased.
             * @example user-123
             */
            user_id: string | null;
            /**
             * @description The asset of the account.
             * @example USD/2
             */
            asset: string;
            /** @example grant_42_1 */
            grant_id: string;
            /**
             * Format: int64
             * @description In the smallest unit of the asset.
             * @example 1000
             */
            remaining: number;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            expires_at: string;
            audit?: components["schemas"]["EventAudit"];
        };
        GrantExpiredData: {
            /**
             * @description Your own id of the user; null once the user was erased.
             * @example user-123
             */
            user_id: string | null;
            /**
             * @description The asset of the account.
             * @example USD/2
             */
            asset: string;
            /** @example grant_42_1 */
            grant_id: string;
            /**
             * Format: int64
             * @description In the smallest unit of the asset.
             * @example 1000
             */
            amount: number;
            audit?: components["schemas"]["EventAudit"];
        };
        BudgetThresholdData: {
            /**
             * @description Your own id of the user; null once the user was erased.
             * @example user-123
             */
            user_id: string | null;
            /**
             * @description The asset of the account.
             * @example USD/2
             */
            asset: string;
            /**
             * @description Null once the user was erased.
             * @example monthly
             */
            budget_id: string | null;
            /**
             * Format: int64
             * @description What the budget allows in a window.
             * @example 5000
             */
            amount: number;
            /**
             * Format: int64
             * @description What was used in this window.
             * @example 4000
             */
            used: number;
            /**
             * @description `hard` or `soft`.
             * @example hard
             */
            mode: string;
            /**
             * @description `hour`, `day`, `week`, `month` or `total`.
             * @example month
             */
            window: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            window_start: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            resets_at: string | null;
            /**
             * Format: int64
             * @example 80
             */
            percent: number;
            audit?: components["schemas"]["EventAudit"];
        };
        BudgetExceededData: {
            /**
             * @description Your own id of the user; null once the user was erased.
             * @example user-123
             */
            user_id: string | null;
            /**
             * @description The asset of the account.
             * @example USD/2
             */
            asset: string;
            /**
             * @description Null once the user was erased.
             * @example monthly
             */
            budget_id: string | null;
            /**
             * Format: int64
             * @description What the budget allows in a window.
             * @example 5000
             */
            amount: number;
            /**
             * Format: int64
             * @description What was used in this window.
             * @example 4000
             */
            used: number;
            /**
             * @description `hard` or `soft`.
             * @example hard
             */
            mode: string;
            /**
             * @description `hour`, `day`, `week`, `month` or `total`.
             * @example month
             */
            window: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            window_start: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            resets_at: string | null;
            audit?: components["schemas"]["EventAudit"];
        };
        CustomerCreatedData: {
            /**
             * @description `cust_` and 16 base62 characters.
             * @example cust_4fGh7KqL9mNp2RsT
             */
            customer_id: string;
            /** @example starter */
            plan: string | null;
            audit?: components["schemas"]["EventAudit"];
        };
        CustomerUpdatedData: {
            /**
             * @description `cust_` and 16 base62 characters.
             * @example cust_4fGh7KqL9mNp2RsT
             */
            customer_id: string;
            /** @description The names of the fields that the call gave. */
            changed: string[];
            /** @example starter */
            plan?: string | null;
            /** @example suspended */
            status?: string;
            audit?: components["schemas"]["EventAudit"];
        };
        CustomerExportedData: {
            /**
             * @description `cust_` and 16 base62 characters.
             * @example cust_4fGh7KqL9mNp2RsT
             */
            customer_id: string | null;
            /** @example user-123 */
            user_id?: string | null;
            /** @example USD/2 */
            asset?: string;
            audit?: components["schemas"]["EventAudit"];
        };
        CustomerErasedData: {
            /**
             * @description `cust_` and 16 base62 characters.
             * @example cust_4fGh7KqL9mNp2RsT
             */
            customer_id: string;
            /** Format: int64 */
            keys_revoked: number;
            /** Format: int64 */
            licenses_revoked: number;
            audit?: components["schemas"]["EventAudit"];
        };
        ApiKeyCreatedData: {
            /**
             * @description `cust_` and 16 base62 characters.
             * @example cust_4fGh7KqL9mNp2RsT
             */
            customer_id: string;
            /** @example k3Jd82Lq */
            key_id: string;
            audit?: components["schemas"]["EventAudit"];
        };
        ApiKeyRotatedData: {
            /**
             * @description `cust_` and 16 base62 characters.
             * @example cust_4fGh7KqL9mNp2RsT
             */
            customer_id: string;
            /** @example k3Jd82Lq */
            key_id: string;
            /** @example k3Jd82Lq */
            new_key_id: string;
            /** Format: int64 */
            overlap_seconds: number;
            audit?: components["schemas"]["EventAudit"];
        };
        ApiKeyRevokedData: {
            /**
             * @description `cust_` and 16 base62 characters.
             * @example cust_4fGh7KqL9mNp2RsT
             */
            customer_id: string;
            /** @example k3Jd82Lq */
            key_id: string;
            audit?: components["schemas"]["EventAudit"];
        };
        SubscriptionUpdatedEventDataPlan: {
            /** @example starter */
            plan: string;
            /**
             * Format: int64
             * @example 5
             */
            quantity: number;
        };
        SubscriptionUpdatedData: {
            /**
             * @description `cust_` and 16 base62 characters.
             * @example cust_4fGh7KqL9mNp2RsT
             */
            customer_id: string;
            /** @example sub_1MowQVLkdIwHu7ixeRlqHVzs */
            stripe_subscription_id: string;
            /**
             * @description One of `incomplete`, `incomplete_expired`, `trialing`, `active`, `past_due`, `canceled`, `unpaid`, `paused`; later versions may add others.
             * @example active
             */
            status: "incomplete" | "incomplete_expired" | "trialing" | "active" | "past_due" | "canceled" | "unpaid" | "paused";
            /**
             * @description Null for a subscription to something else, and if another customer has it.
             * @example starter
             */
            plan: string | null;
            /** @description The plans of all its items, by rank. */
            plans: components["schemas"]["SubscriptionUpdatedEventDataPlan"][] | null;
            /**
             * Format: int64
             * @example 5
             */
            quantity: number;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            current_period_end: string | null;
            cancel_at_period_end: boolean;
            /**
             * Format: date-time
             * @description When it ends; null if no end is scheduled.
             * @example 2026-11-24T09:30:00.000Z
             */
            ends_at: string | null;
            /** @description Whether Stripe has paused the collection of payments. */
            paused: boolean;
            audit?: components["schemas"]["EventAudit"];
        };
        LicenseIssuedData: {
            /**
             * @description `cust_` and 16 base62 characters.
             * @example cust_4fGh7KqL9mNp2RsT
             */
            customer_id: string;
            /** @example lic_8sKq2VbXw0RtYz1A */
            license_id: string;
            /** @example starter */
            plan: string | null;
            /**
             * Format: int64
             * @example 5
             */
            quantity: number;
            /** @example sub_1MowQVLkdIwHu7ixeRlqHVzs */
            stripe_subscription_id: string | null;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            expires_at: string;
            /** @example lic_8sKq2VbXw0RtYz1A */
            replaces: string | null;
            audit?: components["schemas"]["EventAudit"];
        };
        LicenseRevokedData: {
            /**
             * @description `cust_` and 16 base62 characters.
             * @example cust_4fGh7KqL9mNp2RsT
             */
            customer_id: string;
            /** @example lic_8sKq2VbXw0RtYz1A */
            license_id: string;
            /** @example sub_1MowQVLkdIwHu7ixeRlqHVzs */
            stripe_subscription_id: string | null;
            /** @example revoked */
            status: string;
            audit?: components["schemas"]["EventAudit"];
        };
        UsageLimitExceededData: {
            /**
             * @description `cust_` and 16 base62 characters.
             * @example cust_4fGh7KqL9mNp2RsT
             */
            customer_id: string;
            /** @example api_calls */
            metric: string;
            /**
             * Format: double
             * @example 1200
             */
            used: number;
            /**
             * Format: double
             * @example 1000
             */
            limit: number;
            /** @example 2026-11 */
            month: string;
            audit?: components["schemas"]["EventAudit"];
        };
        UsageAnomalyData: {
            /**
             * @description `cust_` and 16 base62 characters.
             * @example cust_4fGh7KqL9mNp2RsT
             */
            customer_id: string;
            /** @example api_calls */
            metric: string;
            /**
             * Format: double
             * @example 9000
             */
            sum: number;
            /**
             * Format: double
             * @example 2500
             */
            threshold: number;
            /**
             * Format: date-time
             * @example 2026-11-24T09:00:00Z
             */
            hour: string;
            audit?: components["schemas"]["EventAudit"];
        };
        AutoTopUpSucceededData: {
            /**
             * @description Null once the user was erased.
             * @example user-123
             */
            user_id: string | null;
            /** @example USD/2 */
            asset: string;
            /**
             * Format: int64
             * @description The amount of the top-up, in the smallest unit of the asset.
             * @example 2000
             */
            amount: number;
            /** @example pi_3MtwBwLkdIwHu7ix28a3tqPa */
            payment_intent_id: string | null;
            audit?: components["schemas"]["EventAudit"];
        };
        AutoTopUpFailedData: {
            /**
             * @description Null once the user was erased.
             * @example user-123
             */
            user_id: string | null;
            /** @example USD/2 */
            asset: string;
            /**
             * Format: int64
             * @description The amount of the top-up, in the smallest unit of the asset.
             * @example 2000
             */
            amount: number;
            /**
             * @description Stripe’s code for the reason.
             * @example card_declined
             */
            code: string;
            /** @description Another try would fail until the user acts. */
            needs_user: boolean;
            /** @example pi_3MtwBwLkdIwHu7ix28a3tqPa */
            payment_intent_id: string | null;
            /**
             * @description The page where the user can do what Stripe asks for, if Stripe names one.
             * @example https://hooks.stripe.com/redirect/authenticate/src_1NG8Du2eZvKYlo2C
             */
            action_url: string | null;
            audit?: components["schemas"]["EventAudit"];
        };
        AutoTopUpPausedData: {
            /**
             * @description Null once the user was erased.
             * @example user-123
             */
            user_id: string | null;
            /** @example USD/2 */
            asset: string;
            /**
             * Format: int64
             * @description The amount of the top-up, in the smallest unit of the asset.
             * @example 2000
             */
            amount: number;
            /**
             * @description One of `authentication_required`, `daily_max`, `monthly_max`, `outcome_unknown`, `payment_method_declined`, `payments_failed`; later versions may add others.
             * @example payments_failed
             */
            reason: "authentication_required" | "daily_max" | "monthly_max" | "outcome_unknown" | "payment_method_declined" | "payments_failed";
            /**
             * @description The page where the user can do what Stripe asks for, if Stripe names one.
             * @example https://hooks.stripe.com/redirect/authenticate/src_1NG8Du2eZvKYlo2C
             */
            action_url: string | null;
            audit?: components["schemas"]["EventAudit"];
        };
        EndpointDisabledData: {
            /** @example we_8sKq2VbXw0RtYz1A */
            endpoint_id: string;
            /**
             * @description `operator`: an operator disabled it. `gone`: it answered 410. `failing`: no attempt has succeeded for 5 days.
             * @example failing
             */
            reason: string;
            audit?: components["schemas"]["EventAudit"];
        };
        TestPingData: {
            /** @example we_8sKq2VbXw0RtYz1A */
            endpoint_id: string;
            audit?: components["schemas"]["EventAudit"];
        };
        AccountExportAccount: {
            /** @example user-123 */
            user_id: string;
            /** @example pro */
            tier: string;
            /** @example USD/2 */
            asset: string;
            /** @description One of `active`, `frozen`, `closed`; later versions may add others. */
            status: "active" | "frozen" | "closed";
            /**
             * Format: int64
             * @description In the smallest unit of the asset.
             * @example 1000
             */
            balance: number;
            /**
             * Format: int64
             * @description In the smallest unit of the asset.
             * @example 1000
             */
            held: number;
            /**
             * Format: int64
             * @description In the smallest unit of the asset.
             * @example 1000
             */
            credit_limit: number;
            /**
             * Format: int64
             * @description In the smallest unit of the asset.
             * @example 1000
             */
            low_balance_at: number | null;
            flags: ("charged_back")[];
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            updated_at: string;
        };
        AccountExportTransfer: {
            /** @example tr_42_7 */
            transfer_id: string;
            /** @example user-123 */
            user_id: string;
            /** @description One of `deduct`, `top_up`, `stripe_top_up`, `stripe_reversal`, `stripe_reinstatement`, `forfeit`, `write_off`, `adjustment`, `refund`, `hold`, `capture`, `release`, `grant`, `void`, `expire`; later versions may add others. */
            kind: "deduct" | "top_up" | "stripe_top_up" | "stripe_reversal" | "stripe_reinstatement" | "forfeit" | "write_off" | "adjustment" | "refund" | "hold" | "capture" | "release" | "grant" | "void" | "expire";
            /**
             * @description The charge that it refunds, or the hold that it captures or releases.
             * @example tr_42_6
             */
            target_id: string | null;
            /**
             * @description The account that the money came from.
             * @example user-123
             */
            debit_account: string;
            /**
             * @description The account that the money went to.
             * @example revenue
             */
            credit_account: string;
            /** @example USD/2 */
            asset: string;
            /**
             * Format: int64
             * @description In the smallest unit of the asset.
             * @example 1000
             */
            amount: number;
            /**
             * Format: int64
             * @description In the smallest unit of the asset.
             * @example 1000
             */
            balance_after: number;
            /** @description The parts of it that were grants, in the order in which they were taken or given. */
            grants: components["schemas"]["GrantPiece"][];
            /** @example 1,200 tokens */
            reason: string | null;
            /** @example job-77 */
            reference: string | null;
            metadata: components["schemas"]["Metadata"] | null;
            /** @example order-1001 */
            idempotency_key: string | null;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            created_at: string;
            /** @example internal:1f2e3d4c */
            actor: string;
            /** @example 203.0.113.7 */
            ip: string | null;
        };
        AccountExportHold: {
            /** @example hold_42_8 */
            hold_id: string;
            /**
             * Format: int64
             * @description The amount that was set aside.
             * @example 1000
             */
            amount: number;
            /**
             * Format: int64
             * @description The part that was charged; the rest was released.
             * @example 1000
             */
            captured: number;
            /** @description One of `open`, `captured`, `released`, `expired`; later versions may add others. */
            status: "open" | "captured" | "released" | "expired";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            expires_at: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            closed_at: string | null;
        };
        /**
         * @example {
         *       "balance": 400
         *     }
         */
        ExportedEventData: {
            [key: string]: unknown;
        };
        AccountExportEvent: {
            /** @example evt_4fGh7KqL9mNp2RsT8uVw */
            event_id: string;
            /** @example funds.low_balance */
            type: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: int64
             * @example 1041
             */
            seq: number;
            data: components["schemas"]["ExportedEventData"];
        };
        AccountExportPortalSession: {
            /** @example sess_4fGh7KqL9mNp2RsT */
            session_id: string;
            allow: ("top_up" | "auto_top_up" | "budgets")[];
            /** @example https://app.example.com/billing */
            return_url: string | null;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description Null for a link that was not opened.
             * @example 2026-11-24T09:30:00.000Z
             */
            opened_at: string | null;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            expires_at: string;
        };
        AccountExportStripePayment: {
            /** @example pi_3MtwBwLkdIwHu7ix28a3tqPa */
            payment_intent: string;
            /** @example tr_42_7 */
            transfer_id: string | null;
            /** @example usd */
            currency: string;
            /**
             * Format: int64
             * @description In Stripe's smallest unit of the currency.
             * @example 1000
             */
            paid: number | null;
            /**
             * Format: int64
             * @description In Stripe's smallest unit of the currency.
             * @example 1000
             */
            refunded: number;
            /**
             * Format: int64
             * @description In Stripe's smallest unit of the currency.
             * @example 1000
             */
            lost: number;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            updated_at: string;
        };
        AccountExportStripeTaking: {
            /** @example re_3MtwBwLkdIwHu7ix2kXl1yZa */
            stripe_id: string;
            /** @description One of `refund`, `dispute`; later versions may add others. */
            kind: "refund" | "dispute";
            /** @example pi_3MtwBwLkdIwHu7ix28a3tqPa */
            payment_intent: string;
            /** @example usd */
            currency: string;
            /**
             * Format: int64
             * @description In Stripe's smallest unit of the currency.
             * @example 1000
             */
            amount: number;
            /**
             * @description Stripe's own status.
             * @example succeeded
             */
            status: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            at: string;
        };
        AccountExportAutoTopUp: {
            /**
             * Format: int64
             * @description In the smallest unit of the account's asset.
             * @example 1000
             */
            threshold: number;
            /**
             * Format: int64
             * @description In the smallest unit of the account's asset.
             * @example 1000
             */
            amount: number;
            /**
             * Format: int64
             * @description In the smallest unit of the account's asset.
             * @example 1000
             */
            daily_max: number;
            /**
             * Format: int64
             * @description In the smallest unit of the account's asset.
             * @example 1000
             */
            monthly_max: number;
            enabled: boolean;
            /** @example payments_failed */
            paused_reason: string | null;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            updated_at: string;
        };
        AccountExportSavedPaymentMethod: {
            /** @example cus_NffrFeUfNV2Hib */
            stripe_customer_id: string;
            /** @example pm_1MqLiJLkdIwHu7ixUEgbFdYF */
            payment_method_id: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            saved_at: string;
        };
        AccountExportAutoTopUpPayment: {
            /**
             * Format: int64
             * @description In the smallest unit of the account's asset.
             * @example 1000
             */
            amount: number;
            /** @example succeeded */
            status: string;
            /**
             * @description Stripe's code.
             * @example card_declined
             */
            failure: string | null;
            /** @example pi_3MtwBwLkdIwHu7ix28a3tqPa */
            payment_intent: string | null;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            ended_at: string | null;
        };
        AccountExportStripeEvent: {
            /** @example evt_1Nk0PqL2eZvKYlo2 */
            event_id: string;
            /** @example invoice.paid */
            type: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            received_at: string;
            /**
             * @description As Stripe sent it, without secrets.
             * @example {
             *       "id": "evt_1Nk0PqL2eZvKYlo2",
             *       "object": "event"
             *     }
             */
            payload: {
                [key: string]: unknown;
            };
        };
        AccountExportAuditRecord: {
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /** @example customer.updated */
            event: string;
            /** @example admin:1f2e3d4c */
            actor: string;
            /** @example cust_4fGh7KqL9mNp2RsT */
            subject: string;
            /** @example 203.0.113.7 */
            ip: string | null;
            /**
             * @example {
             *       "email": "ada@example.com"
             *     }
             */
            metadata: {
                [key: string]: unknown;
            };
        };
        CustomerExportCreation: {
            /** @example order-1001 */
            idempotency_key: string;
            answer: components["schemas"]["Customer"];
        };
        CustomerExportEvent: {
            /** @example evt_4fGh7KqL9mNp2RsT8uVw */
            event_id: string;
            /** @example funds.low_balance */
            type: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: int64
             * @example 1041
             */
            seq: number;
            data: components["schemas"]["ExportedEventData"];
        };
        /** @description The calls with a key in an hour, of the last 400 days. */
        ExportedApiKeyCalls: {
            /** @example k3Jd82Lq */
            key_id: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            hour: string;
            /**
             * Format: int64
             * @example 120
             */
            calls: number;
            /**
             * Format: int64
             * @example 3
             */
            refused: number;
        };
        CustomerExportSubscriptionItem: {
            /** @example price_1MoBy5LkdIwHu7ixZhnattbh */
            stripe_price_id: string;
            /**
             * Format: int64
             * @example 1
             */
            quantity: number | null;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            current_period_start: string | null;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            current_period_end: string | null;
        };
        CustomerExportSubscription: {
            /** @example sub_1MowQVLkdIwHu7ixeRlqHVzs */
            stripe_subscription_id: string;
            /** @example cus_9s6XKzkNRiz8i3 */
            stripe_customer_id: string;
            items: components["schemas"]["CustomerExportSubscriptionItem"][];
            /** @description One of `incomplete`, `incomplete_expired`, `trialing`, `active`, `past_due`, `canceled`, `unpaid`, `paused`; later versions may add others. */
            status: "incomplete" | "incomplete_expired" | "trialing" | "active" | "past_due" | "canceled" | "unpaid" | "paused";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            cancel_at: string | null;
            cancel_at_period_end: boolean;
            /** @example void */
            pause_collection: string | null;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            ended_at: string | null;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            created_at: string;
        };
        CustomerExportSubscriptionsPastItemItem: {
            /** @example price_1MoBy5LkdIwHu7ixZhnattbh */
            stripe_price_id: string;
            /**
             * Format: int64
             * @example 1
             */
            quantity: number | null;
        };
        CustomerExportSubscriptionsPastItem: {
            /** @example sub_1MowQVLkdIwHu7ixeRlqHVzs */
            stripe_subscription_id: string;
            /** @description One of `incomplete`, `incomplete_expired`, `trialing`, `active`, `past_due`, `canceled`, `unpaid`, `paused`; later versions may add others. */
            status: "incomplete" | "incomplete_expired" | "trialing" | "active" | "past_due" | "canceled" | "unpaid" | "paused";
            items: components["schemas"]["CustomerExportSubscriptionsPastItemItem"][];
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            until: string;
        };
        CustomerExportBasePlansPastItem: {
            /** @example starter */
            base_plan: string | null;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            until: string;
        };
        CustomerExportLicense: {
            /**
             * @description `lic_` and 16 base62 characters; the `jti` of the token.
             * @example lic_8sKq2VbXw0RtYz1A
             */
            license_id: string;
            /** @example starter */
            plan: string | null;
            features: components["schemas"]["Features"];
            limits: components["schemas"]["Limits"];
            /**
             * Format: int64
             * @description The paid quantity of the plan, such as seats; 1 for a licence issued by hand.
             * @example 5
             */
            quantity: number;
            /**
             * @description `superseded`: a newer one of its subscription grants the same, and this one verifies until it expires. `ended`: its subscription ended or changed its terms. `revoked`: by an operator. One of `active`, `superseded`, `ended`, `revoked`; later versions may add others.
             * @example active
             */
            status: "active" | "superseded" | "ended" | "revoked";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            issued_at: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            expires_at: string;
            /**
             * @description The `kid` of the key that signed the token.
             * @example NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs
             */
            key_id: string;
            /**
             * @description `cust_` and 16 base62 characters.
             * @example cust_4fGh7KqL9mNp2RsT
             */
            customer_id: string;
            /** @example sub_1MowQVLkdIwHu7ixeRlqHVzs */
            stripe_subscription_id: string | null;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            revoked_at: string | null;
            /** @example chargeback */
            reason: string | null;
        };
        CustomerExportUsageReport: {
            /** @example 2026-11-24T09:instance-7 */
            report_id: string;
            /** @example instance-7 */
            instance_id: string | null;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            reported_at: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            received_at: string;
            /**
             * @example {
             *       "api.calls": 1200
             *     }
             */
            metrics: {
                [key: string]: number;
            };
        };
        CustomerExportUsageTotal: {
            /** @example api.calls */
            metric: string;
            /** @description One of `hour`, `day`, `month`; later versions may add others. */
            period: "hour" | "day" | "month";
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            starts_at: string;
            /**
             * Format: int64
             * @example 24
             */
            count: number;
            /**
             * Format: double
             * @example 30000
             */
            sum: number;
            /**
             * @description The sum as an exact decimal, where it is above 2^53 - 1 or has more digits than a number keeps.
             * @example 9007199254740993
             */
            sum_exact?: string;
            /**
             * Format: double
             * @example 900
             */
            min: number;
            /**
             * Format: double
             * @example 1600
             */
            max: number;
            /**
             * Format: double
             * @example 1200
             */
            last: number;
        };
        CustomerExportUsageCorrection: {
            /** @example cor_4fGh7KqL9mNp2RsT1vWx3y */
            correction_id: string;
            /** @example 2026-11-24T09:instance-7 */
            report_id: string;
            /** @example counted twice */
            reason: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            corrected_at: string;
        };
        CustomerExportUsageBillingFinding: {
            /** @example late_usage */
            kind: string;
            /** @example sub_1MowQVLkdIwHu7ixeRlqHVzs */
            stripe_subscription_id: string | null;
            /** @example api_calls */
            event_name: string;
            /** @example 12.5 */
            value: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            used_at: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            found_at: string;
        };
        CustomerExportUsageMeterHour: {
            /** @example api_calls */
            event_name: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            at: string;
            /** @example 12.5 */
            value: string;
        };
        CustomerExportUsageMeterSum: {
            /** @example api_calls */
            event_name: string;
            /** @example 12.5 */
            value: string;
        };
        CustomerExportUsageMeterEvent: {
            /** @example api_calls */
            event_name: string;
            /** @example 12.5 */
            value: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            sent_at: string | null;
        };
        CustomerExportUsageRemainder: {
            /** @example api.calls */
            metric: string;
            /** @example USD/2 */
            asset: string;
            /**
             * Format: int64
             * @example 1000
             */
            per: number;
            /** @example 12.5 */
            remainder: string;
        };
        CustomerExportStripeEvent: {
            /** @example evt_1Nk0PqL2eZvKYlo2 */
            event_id: string;
            /** @example invoice.paid */
            type: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            received_at: string;
            /**
             * @description As Stripe sent it, without secrets.
             * @example {
             *       "id": "evt_1Nk0PqL2eZvKYlo2",
             *       "object": "event"
             *     }
             */
            payload: {
                [key: string]: unknown;
            };
        };
        CustomerExportAuditRecord: {
            /**
             * Format: date-time
             * @description RFC 3339 in UTC with milliseconds.
             * @example 2026-11-24T09:30:00.000Z
             */
            timestamp: string;
            /** @example customer.updated */
            event: string;
            /** @example admin:1f2e3d4c */
            actor: string;
            /** @example cust_4fGh7KqL9mNp2RsT */
            subject: string;
            /** @example 203.0.113.7 */
            ip: string | null;
            /**
             * @example {
             *       "email": "ada@example.com"
             *     }
             */
            metadata: {
                [key: string]: unknown;
            };
        };
        SignInRequest: {
            /**
             * @description A token of the admin scope.
             * @example srt_adm_…
             */
            token: string;
        };
        OpenPortalSessionRequest: {
            /**
             * @description The fragment of the portal link.
             * @example k3Jd82LqWx5Z7vXw1YzA0bCdEfGhJkLm
             */
            secret: string;
        };
        /** @enum {string} */
        PortalRight: "top_up" | "auto_top_up" | "budgets";
        InvitePortalRequest: {
            /**
             * @description Your own id of the user: 1 to 128 characters of A–Z a–z 0–9 . _ : @ -
             * @example user-123
             */
            user_id: string;
            /**
             * @description Where the portal leads back to: https: on an origin in CHECKOUT_ORIGINS; http: only to localhost in development.
             * @example https://app.example.com/billing
             */
            return_url?: string;
            /** @description What the user may do besides reading: nothing if not given. `top_up` needs `funds:top_up` too, `auto_top_up` and `budgets` need `credit:write`. */
            allow?: components["schemas"]["PortalRight"][];
        };
        /** @description An event as Stripe sends it, byte for byte as it was signed. */
        ReceiveStripeEventRequest: {
            id: string;
            type: string;
            /** Format: int64 */
            created: number;
            livemode: boolean;
        } & {
            [key: string]: unknown;
        };
        /**
         * @description Up to 100 metrics, each with the usage since the last report.
         * @example {
         *       "api.calls": 1250,
         *       "storage.gb": 3.5
         *     }
         */
        MetricValues: {
            [key: string]: number;
        };
        /**
         * @example {
         *       "metrics": {
         *         "api.calls": 1250,
         *         "storage.gb": 3.5
         *       },
         *       "instance_id": "instance-7"
         *     }
         */
        UsageReport: {
            metrics: components["schemas"]["MetricValues"];
            /**
             * @description Your own id of the report: repeated with it, the report counts once.
             * @example 2026-11-24T09:instance-7
             */
            report_id?: string;
            /** @example instance-7 */
            instance_id?: string;
            /**
             * @description The time of the usage; now by default. At most 5 minutes in the future, and not before the time since which reports are kept.
             * @example 2026-11-24T09:00:00.000Z
             */
            reported_at?: string;
        };
        ReportUsageBatchRequest: {
            reports: components["schemas"]["UsageReport"][];
        };
        OpenSubscriptionCheckoutRequest: {
            /**
             * @description Whom it is for: required of operators. A key says whose it is, and must not name any.
             * @example cust_4fGh7KqL9mNp2RsT
             */
            customer_id?: string;
            /** @example starter */
            plan: string;
            /**
             * @description https: on an origin in CHECKOUT_ORIGINS; http: only to localhost in development.
             * @example https://app.example.com/billing
             */
            success_url: string;
            /**
             * @description https: on an origin in CHECKOUT_ORIGINS; http: only to localhost in development.
             * @example https://app.example.com/billing
             */
            cancel_url: string;
            /**
             * Format: int32
             * @description A plan whose first price is metered is sold once.
             * @default 1
             * @example 1
             */
            quantity: number;
        };
        OpenPortalRequest: {
            /**
             * @description Whom it is for: required of operators. A key says whose it is, and must not name any.
             * @example cust_4fGh7KqL9mNp2RsT
             */
            customer_id?: string;
            /**
             * @description https: on an origin in CHECKOUT_ORIGINS; http: only to localhost in development.
             * @example https://app.example.com/billing
             */
            return_url: string;
        };
        /**
         * @default day
         * @enum {string}
         */
        UsagePeriod: "hour" | "day" | "month";
        AdjustFundsRequest: {
            /**
             * @description Your own id of the user: 1 to 128 characters of A–Z a–z 0–9 . _ : @ -
             * @example user-123
             */
            user_id: string;
            /**
             * Format: int64
             * @description What the user gets; below zero, what is taken. Not 0.
             * @example -500
             */
            amount: number;
            /** @example goodwill for the outage of 3 May */
            reason: string;
            /**
             * @description 1 to 255 visible ASCII characters; the same key moves money once.
             * @example order-1001
             */
            idempotency_key?: string;
        };
        SetFundsAccountStatusRequest: {
            /** @enum {string} */
            status: "active" | "frozen";
        };
        /** @enum {string} */
        GrantStatus: "active" | "spent" | "expired" | "voided";
        /** @enum {string} */
        AccountStatus: "active" | "frozen" | "closed";
        /** @enum {string} */
        TransferKind: "deduct" | "top_up" | "stripe_top_up" | "stripe_reversal" | "stripe_reinstatement" | "forfeit" | "write_off" | "adjustment" | "refund" | "hold" | "capture" | "release" | "grant" | "void" | "expire";
        /** @enum {string} */
        HoldStatus: "open" | "captured" | "released" | "expired";
        PutPlanRequest: {
            /** @example Starter */
            name: string;
            /** @example price_1MoBy5LkdIwHu7ixZhnattbh */
            stripe_price_id?: string | null;
            /**
             * @description The prices that mean this plan; a checkout sells the first. Replaces `stripe_price_id`.
             * @example [
             *       "price_1MoBy5LkdIwHu7ixZhnattbh"
             *     ]
             */
            stripe_price_ids?: string[];
            /**
             * Format: int32
             * @description If a customer holds several plans, the one with the highest rank is its `plan`.
             * @default 0
             * @example 10
             */
            rank: number;
            checkout?: components["schemas"]["CheckoutOptions"] | null;
            features: components["schemas"]["Features"];
            limits: components["schemas"]["Limits"];
            /**
             * @description How each metric is paid for. Other metrics are free.
             * @example {
             *       "api.calls": {
             *         "via": "stripe",
             *         "event_name": "api_calls"
             *       },
             *       "tokens": {
             *         "via": "funds",
             *         "asset": "USD/2",
             *         "price": 3,
             *         "per": 1000
             *       }
             *     }
             */
            metered?: {
                [key: string]: components["schemas"]["Metering"];
            } | null;
            /**
             * Format: int32
             * @description The validity of a licence without a paid period; null means 30 days.
             * @example 30
             */
            license_days?: number | null;
            /**
             * Format: int32
             * @description How long a licence outlives the paid period, so that a late renewal locks no customer out; null means 3 days.
             * @example 7
             */
            license_grace_days?: number | null;
        };
        CreateCustomerRequest: {
            /**
             * Format: idn-email
             * @description It may be internationalised (RFC 6531); 254 bytes in UTF-8 at most.
             * @example billing@example.com
             */
            email: string;
            /** @example Example Ltd */
            company_name?: string;
            /** @example starter */
            plan?: string;
            /**
             * @description Your own id of the customer; unique among customers.
             * @example company-17
             */
            external_id?: string;
            metadata?: components["schemas"]["Metadata"];
        };
        /** @enum {string} */
        SubscriptionStatus: "incomplete" | "incomplete_expired" | "trialing" | "active" | "past_due" | "canceled" | "unpaid" | "paused";
        /** @enum {string} */
        CustomerStatus: "active" | "suspended";
        /** @description Other fields stay unchanged; `metadata` is replaced as a whole. `plan` is the base plan. `stripe_customer_id` is linked in addition to the linked ones. */
        UpdateCustomerRequest: {
            /**
             * Format: idn-email
             * @description It may be internationalised (RFC 6531); 254 bytes in UTF-8 at most.
             * @example billing@example.com
             */
            email?: string;
            /** @example Example Ltd */
            company_name?: string | null;
            /** @example starter */
            plan?: string | null;
            /**
             * @description Your own id of the customer; unique among customers.
             * @example company-17
             */
            external_id?: string | null;
            /** @example cus_9s6XKzkNRiz8i3 */
            stripe_customer_id?: string;
            status?: components["schemas"]["CustomerStatus"];
            metadata?: components["schemas"]["Metadata"];
        };
        /** @enum {string} */
        ApiKeyScope: "usage:write" | "usage:read" | "licenses:read" | "subscriptions:read" | "billing:write";
        IssueApiKeyRequest: {
            name?: string;
            /** @example 2027-01-01T00:00:00.000Z */
            expires_at?: string;
            /** @description What the key may be used for; everything by default. */
            scopes?: components["schemas"]["ApiKeyScope"][];
            /**
             * @description Addresses and CIDRs. From any other address it is refused like a wrong one.
             * @example [
             *       "192.0.2.7",
             *       "2001:db8::/32"
             *     ]
             */
            allowed_ips?: string[];
        };
        RotateApiKeyRequest: {
            /**
             * Format: int32
             * @description How long the old key still works; 0, the default, ends it at once.
             * @example 3600
             */
            overlap_seconds?: number;
        };
        /** @enum {string} */
        TokenScope: "admin" | "internal";
        /** @enum {string} */
        TokenRole: "owner" | "operator" | "support" | "finance" | "auditor";
        /** @enum {string} */
        TokenPermission: "customers:read" | "customers:write" | "keys:write" | "plans:write" | "licenses:write" | "usage:read" | "usage:write" | "funds:read" | "funds:write" | "subscriptions:read" | "subscriptions:write" | "audit:read" | "events:read" | "events:write" | "tokens:write" | "privacy:write" | "metrics:read" | "accounts:read" | "accounts:write" | "funds:deduct" | "funds:hold" | "funds:refund" | "funds:top_up" | "credit:write" | "stats:read";
        IssueTokenRequest: {
            name: string;
            scope: components["schemas"]["TokenScope"];
            role?: components["schemas"]["TokenRole"];
            permissions?: components["schemas"]["TokenPermission"][];
            /** @example 2027-01-01T00:00:00.000Z */
            expires_at?: string;
            /**
             * @description Addresses and CIDRs. From any other address it is refused like a wrong one.
             * @example [
             *       "192.0.2.7",
             *       "2001:db8::/32"
             *     ]
             */
            allowed_ips?: string[];
            /**
             * Format: int64
             * @description The largest amount of one movement or hold, in the smallest unit.
             */
            amount_max?: number;
            /**
             * Format: int64
             * @description The largest sum of a UTC day, in the smallest unit.
             */
            daily_amount_max?: number;
        };
        RotateTokenRequest: {
            /**
             * Format: int32
             * @description How long the old key still works; 0, the default, ends it at once.
             * @example 3600
             */
            overlap_seconds?: number;
        };
        IssueLicenseRequest: {
            /**
             * @description `cust_` and 16 base62 characters.
             * @example cust_4fGh7KqL9mNp2RsT
             */
            customer_id: string;
            /** @example starter */
            plan?: string | null;
            features?: components["schemas"]["Features"];
            limits?: components["schemas"]["Limits"];
            /** @example 2027-01-01T00:00:00.000Z */
            expires_at?: string;
        };
        RevokeLicenseRequest: {
            /** @example leaked */
            reason?: string;
        };
        /** @enum {string} */
        UsageFindingKind: "anomaly" | "limit_exceeded";
        CorrectUsageRequest: {
            /**
             * @description Your own id of the report: repeated with it, the report counts once.
             * @example 2026-11-24T09:instance-7
             */
            report_id: string;
            /** @example reported twice by a script */
            reason: string;
        };
        CreateWebhookEndpointRequest: {
            /**
             * @description An `https:` URL without credentials, and not with a private address.
             * @example https://app.example.com/events
             */
            url: string;
            /**
             * @description Types such as `customer.created`, families such as `funds.*`, or `*`. `*` stands for all types except charges and holds, which an endpoint gets only if it lists their type or family.
             * @example [
             *       "customer.*",
             *       "funds.low_balance"
             *     ]
             */
            events: string[];
            /** @example accounting */
            description?: string | null;
        };
        /** @enum {string} */
        WebhookEndpointStatus: "active" | "disabled";
        UpdateWebhookEndpointRequest: {
            /**
             * @description An `https:` URL without credentials, and not with a private address.
             * @example https://app.example.com/events
             */
            url?: string;
            /**
             * @description Types such as `customer.created`, families such as `funds.*`, or `*`. `*` stands for all types except charges and holds, which an endpoint gets only if it lists their type or family.
             * @example [
             *       "customer.*",
             *       "funds.low_balance"
             *     ]
             */
            events?: string[];
            /** @example accounting */
            description?: string | null;
            status?: components["schemas"]["WebhookEndpointStatus"];
        };
        RotateWebhookSecretRequest: {
            /**
             * Format: int32
             * @description How long the old secret still signs too. With 0, the default, it ends at once.
             * @example 3600
             */
            overlap_seconds?: number;
        };
        /** @enum {string} */
        WebhookDeliveryStatus: "pending" | "delivered" | "failed" | "parked";
        ReplayWebhookDeliveriesRequest: {
            /**
             * Format: int64
             * @description All deliveries from this number on.
             * @example 42
             */
            from_seq?: number;
            /** @example dlv_1_42 */
            delivery_id?: string;
        };
        /** @enum {string} */
        StripeEventStatus: "parked" | "waiting" | "applied" | "ignored";
        OpenAccountRequest: {
            /**
             * @description Your own id of the user: 1 to 128 characters of A–Z a–z 0–9 . _ : @ -
             * @example user-123
             */
            user_id: string;
            /** @example pro */
            tier: string;
            /**
             * @description A currency and its decimals: `USD/2` counts cents, `USD/6` millionths of a dollar.
             * @example USD/2
             */
            asset?: string;
        };
        UpdateAccountRequest: {
            /** @example pro */
            tier?: string;
            /** @enum {string} */
            status?: "active" | "frozen";
            /**
             * Format: int64
             * @description How far below zero the balance minus held amounts may go.
             * @example 1000
             */
            credit_limit?: number;
            /** @description Possible once the balance is above its floor again. */
            clear_flags?: "charged_back"[];
            /**
             * Format: int64
             * @description A balance below it is reported once, in the audit log and metrics.
             * @example 500
             */
            low_balance_at?: number | null;
        };
        DeductRequest: {
            /**
             * @description Your own id of the user: 1 to 128 characters of A–Z a–z 0–9 . _ : @ -
             * @example user-123
             */
            user_id: string;
            /**
             * Format: int64
             * @description In the smallest unit of the account's asset.
             * @example 500
             */
            amount: number;
            /** @example 1,200 tokens */
            reason?: string;
            /** @example job-77 */
            reference?: string;
            metadata?: components["schemas"]["Metadata"];
            /**
             * @description 1 to 255 visible ASCII characters; the same key moves money once.
             * @example order-1001
             */
            idempotency_key?: string;
        };
        TopUpRequest: {
            /**
             * @description Your own id of the user: 1 to 128 characters of A–Z a–z 0–9 . _ : @ -
             * @example user-123
             */
            user_id: string;
            /**
             * Format: int64
             * @description In the smallest unit of the account's asset.
             * @example 500
             */
            amount: number;
            /** @example 1,200 tokens */
            reason?: string;
            /** @example job-77 */
            reference?: string;
            metadata?: components["schemas"]["Metadata"];
            /**
             * @description 1 to 255 visible ASCII characters; the same key moves money once.
             * @example order-1001
             */
            idempotency_key?: string;
        };
        RefundRequest: {
            /** @example tr_42_7 */
            transfer_id: string;
            /**
             * Format: int64
             * @description By default, all that is left of the charge.
             * @example 500
             */
            amount?: number;
            /** @example 1,200 tokens */
            reason?: string;
            /** @example job-77 */
            reference?: string;
            metadata?: components["schemas"]["Metadata"];
            /**
             * @description 1 to 255 visible ASCII characters; the same key moves money once.
             * @example order-1001
             */
            idempotency_key?: string;
        };
        CreateHoldRequest: {
            /**
             * @description Your own id of the user: 1 to 128 characters of A–Z a–z 0–9 . _ : @ -
             * @example user-123
             */
            user_id: string;
            /**
             * Format: int64
             * @description In the smallest unit of the account's asset.
             * @example 500
             */
            amount: number;
            /**
             * Format: int32
             * @description After this time the hold no longer counts; 7 days by default.
             * @example 3600
             */
            expires_in_s?: number;
            /** @example 1,200 tokens */
            reason?: string;
            /** @example job-77 */
            reference?: string;
            metadata?: components["schemas"]["Metadata"];
            /**
             * @description 1 to 255 visible ASCII characters; the same key moves money once.
             * @example order-1001
             */
            idempotency_key?: string;
        };
        CaptureHoldRequest: {
            /**
             * Format: int64
             * @description By default the whole hold; the rest is released.
             * @example 500
             */
            amount?: number;
            /** @example 1,200 tokens */
            reason?: string;
            /** @example job-77 */
            reference?: string;
            metadata?: components["schemas"]["Metadata"];
            /**
             * @description 1 to 255 visible ASCII characters; the same key moves money once.
             * @example order-1001
             */
            idempotency_key?: string;
        };
        ReleaseHoldRequest: {
            /** @example 1,200 tokens */
            reason?: string;
            /** @example job-77 */
            reference?: string;
            metadata?: components["schemas"]["Metadata"];
            /**
             * @description 1 to 255 visible ASCII characters; the same key moves money once.
             * @example order-1001
             */
            idempotency_key?: string;
        };
        /**
         * @description The call: `hold`, `capture` and `release` are those of `/holds`.
         * @enum {string}
         */
        TransferOp: "deduct" | "top_up" | "refund" | "hold" | "capture" | "release";
        BatchTransfer: {
            op: components["schemas"]["TransferOp"];
            /**
             * @description Of `deduct`, `top_up` and `hold`.
             * @example user-123
             */
            user_id?: string;
            /**
             * @description Of `refund`: the charge.
             * @example tr_42_7
             */
            transfer_id?: string;
            /**
             * @description Of `capture` and `release`.
             * @example hold_42_8
             */
            hold_id?: string;
            /**
             * Format: int64
             * @description In the smallest unit of the account's asset; `refund` and `capture` take all there is without it.
             * @example 500
             */
            amount?: number;
            /**
             * Format: int32
             * @description After this time the hold no longer counts; 7 days by default.
             * @example 3600
             */
            expires_in_s?: number;
            /** @example 1,200 tokens */
            reason?: string;
            /** @example job-77 */
            reference?: string;
            metadata?: components["schemas"]["Metadata"];
            /**
             * @description 1 to 255 visible ASCII characters; the same key moves money once.
             * @example order-1001
             */
            idempotency_key?: string;
        };
        MoveManyRequest: {
            transfers: components["schemas"]["BatchTransfer"][];
            /** @description All or none, also over several accounts; false if not given. */
            atomic?: boolean;
        };
        CreateGrantRequest: {
            /**
             * @description Your own id of the user: 1 to 128 characters of A–Z a–z 0–9 . _ : @ -
             * @example user-123
             */
            user_id: string;
            /**
             * Format: int64
             * @description In the smallest unit of the account's asset.
             * @example 500
             */
            amount: number;
            /**
             * @description From this millisecond on it does not count; it never expires if not given.
             * @example 2027-01-01T00:00:00.000Z
             */
            expires_at?: string;
            /**
             * Format: int32
             * @description The lowest is spent first; 50 if not given.
             * @example 50
             */
            priority?: number;
            /** @example promotion */
            category?: string;
            /** @example job-77 */
            reference?: string;
            metadata?: components["schemas"]["Metadata"];
            /**
             * @description 1 to 255 visible ASCII characters; the same key moves money once.
             * @example order-1001
             */
            idempotency_key?: string;
        };
        VoidGrantRequest: {
            /** @example 1,200 tokens */
            reason?: string;
            /** @example job-77 */
            reference?: string;
            metadata?: components["schemas"]["Metadata"];
            /**
             * @description 1 to 255 visible ASCII characters; the same key moves money once.
             * @example order-1001
             */
            idempotency_key?: string;
        };
        /**
         * @description By the clock of the time zone; a week begins on Monday, and `total` never ends.
         * @enum {string}
         */
        BudgetWindow: "hour" | "day" | "week" | "month" | "total";
        PutBudgetRequestMatch: {
            /**
             * @description What the reference of a charge begins with, literally.
             * @example agent-7/
             */
            reference_prefix?: string;
            /**
             * @description The whole reason of a charge.
             * @example 1,200 tokens
             */
            reason?: string;
        };
        /**
         * @description `hard` if not given.
         * @enum {string}
         */
        BudgetMode: "hard" | "soft";
        PutBudgetRequest: {
            /**
             * Format: int64
             * @description In the smallest unit of the account's asset.
             * @example 500
             */
            amount: number;
            window: components["schemas"]["BudgetWindow"];
            /**
             * @description UTC if not given.
             * @example Europe/Berlin
             */
            time_zone?: string;
            match?: components["schemas"]["PutBudgetRequestMatch"];
            mode?: components["schemas"]["BudgetMode"];
            /**
             * @description Percentages of the amount, each told of once in a window.
             * @example [
             *       50,
             *       90
             *     ]
             */
            alert_at?: number[];
        };
        CheckRequest: {
            /**
             * @description Your own id of the user: 1 to 128 characters of A–Z a–z 0–9 . _ : @ -
             * @example user-123
             */
            user_id: string;
            /**
             * Format: int64
             * @description 1 if not given.
             * @example 500
             */
            amount?: number;
            /** @example job-77 */
            reference?: string;
            reason?: string;
        };
        OpenTopUpCheckoutRequest: {
            /**
             * @description Your own id of the user: 1 to 128 characters of A–Z a–z 0–9 . _ : @ -
             * @example user-123
             */
            user_id: string;
            /**
             * Format: int64
             * @description In the smallest unit of the account's asset.
             * @example 1000
             */
            amount: number;
            /**
             * @description https: on an origin in CHECKOUT_ORIGINS; http: only to localhost in development.
             * @example https://app.example.com/billing
             */
            success_url: string;
            /**
             * @description https: on an origin in CHECKOUT_ORIGINS; http: only to localhost in development.
             * @example https://app.example.com/billing
             */
            cancel_url: string;
            /** @description Keeps what the user pays with, for automatic top-ups. */
            save_payment_method?: boolean;
            /**
             * @description 1 to 255 visible ASCII characters. The same call with the same key returns the same page as long as that can be paid. Once it is paid or has expired, or if anything else in the body differs, the call opens another page.
             * @example order-1001
             */
            idempotency_key?: string;
        };
        SetAutoTopUpRequest: {
            /**
             * Format: int64
             * @description A balance below it is topped up. In the smallest unit of the account's asset.
             * @example 500
             */
            threshold: number;
            /**
             * Format: int64
             * @description What each payment adds. In the smallest unit of the account's asset.
             * @example 2000
             */
            amount: number;
            /**
             * Format: int64
             * @description The most that the payments of a day in UTC may come to, failed ones too. In the smallest unit of the account's asset.
             * @example 6000
             */
            daily_max: number;
            /**
             * Format: int64
             * @description The same of a month in UTC. In the smallest unit of the account's asset.
             * @example 20000
             */
            monthly_max: number;
            enabled: boolean;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    getLiveness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Probe"];
                };
            };
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Probe"];
                };
            };
        };
    };
    getLogCheckpoint: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A signed note. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example billing.example.com/log
                     *     1000
                     *     n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=
                     *
                     *     — billing.example.com/log 1f9a3b07…
                     */
                    "text/plain": string;
                };
            };
        };
    };
    getLogKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A verifier key. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /** @example billing.example.com/log+1f9a3b07+AdJF3K0XMy7cN0nW3vUO3CgB2aQJYkMwPTPbZzmgAIUB */
                    "text/plain": string;
                };
            };
        };
    };
    getLogTile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The level and number of the tile, and its width if it is partial.
                 * @example 0/x001/234.p/56
                 */
                path: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description 1 to 256 hashes of 32 bytes. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
        };
    };
    getKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JsonWebKeySet"];
                };
            };
            /** @description Not changed. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    getRevocations: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RevocationList"];
                };
            };
        };
    };
    getEventKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventsJsonWebKeySet"];
                };
            };
            /** @description Not changed. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    getConsoleSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConsoleVisit"];
                };
            };
        };
    };
    signIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignInRequest"];
            };
        };
        responses: {
            /** @description Signed in. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    signOut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Signed out, now or before. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    openPortalSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OpenPortalSessionRequest"];
            };
        };
        responses: {
            /** @description Opened. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    getPortalSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserPortalVisit"];
                };
            };
        };
    };
    invitePortal: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "user_id": "user-123",
                 *       "allow": [
                 *         "top_up"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["InvitePortalRequest"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserPortalLink"];
                };
            };
        };
    };
    closePortalSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Closed, now or before. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    receiveStripeEvent: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description An event as Stripe sends it, byte for byte as it was signed. */
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_1Nk0PqL2eZvKYlo2",
                 *       "object": "event",
                 *       "api_version": "2025-03-31.basil",
                 *       "created": 1795483800,
                 *       "type": "customer.updated",
                 *       "livemode": false,
                 *       "data": {
                 *         "object": {
                 *           "id": "cus_9s6XKzkNRiz8i3",
                 *           "object": "customer"
                 *         }
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["ReceiveStripeEventRequest"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Received"];
                };
            };
        };
    };
    getMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
        };
    };
    getEntitlement: {
        parameters: {
            query: {
                /** @example api.calls */
                feature: string;
            };
            header?: never;
            path: {
                /**
                 * @description `cust_` and 16 base62 characters.
                 * @example cust_4fGh7KqL9mNp2RsT
                 */
                customer_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Entitlement"];
                };
            };
        };
    };
    reportUsage: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "metrics": {
                 *         "api.calls": 1250,
                 *         "storage.gb": 3.5
                 *       },
                 *       "instance_id": "instance-7"
                 *     }
                 */
                "application/json": components["schemas"]["UsageReport"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description Present when the key had been used for this request: the answer is the first one. */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UsageReceipt"];
                };
            };
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UsageReceipt"];
                };
            };
        };
    };
    reportUsageBatch: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReportUsageBatchRequest"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UsageBatchReceipt"];
                };
            };
        };
    };
    getSubscription: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description `cust_` and 16 base62 characters.
                 * @example cust_4fGh7KqL9mNp2RsT
                 */
                customer_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CurrentSubscription"];
                };
            };
        };
    };
    openSubscriptionCheckout: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "plan": "starter",
                 *       "success_url": "https://app.example.com/welcome",
                 *       "cancel_url": "https://app.example.com/pricing"
                 *     }
                 */
                "application/json": components["schemas"]["OpenSubscriptionCheckoutRequest"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckoutSession"];
                };
            };
        };
    };
    openPortal: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "return_url": "https://app.example.com/billing"
                 *     }
                 */
                "application/json": components["schemas"]["OpenPortalRequest"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PortalSession"];
                };
            };
        };
    };
    listLicenses: {
        parameters: {
            query?: {
                limit?: number;
                /**
                 * @description The `next_cursor` of the previous page.
                 * @example ZcMdqyTFU93eMTA0Mg
                 */
                cursor?: string;
            };
            header?: never;
            path: {
                /**
                 * @description `cust_` and 16 base62 characters.
                 * @example cust_4fGh7KqL9mNp2RsT
                 */
                customer_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Licenses"];
                };
            };
            /** @description Not changed. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    getUsage: {
        parameters: {
            query?: {
                /** @example api.calls */
                metric?: string;
                /** @example 2027-01-01T00:00:00.000Z */
                from?: string;
                /** @example 2027-01-01T00:00:00.000Z */
                to?: string;
                bucket?: components["schemas"]["UsagePeriod"];
            };
            header?: never;
            path: {
                /**
                 * @description `cust_` and 16 base62 characters.
                 * @example cust_4fGh7KqL9mNp2RsT
                 */
                customer_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UsageTotals"];
                };
            };
        };
    };
    adjustFunds: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 255 visible ASCII characters; the same key moves money once.
                 * @example adjustFunds-1001
                 */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "user_id": "user-123",
                 *       "amount": -500,
                 *       "reason": "charged twice by hand"
                 *     }
                 */
                "application/json": components["schemas"]["AdjustFundsRequest"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    /** @description Present when the key had been used for this request: the answer is the first one. */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Movement"];
                };
            };
        };
    };
    getFundsAccount: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Your own id of the user: 1 to 128 characters of A–Z a–z 0–9 . _ : @ -
                 * @example user-123
                 */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
        };
    };
    setFundsAccountStatus: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Your own id of the user: 1 to 128 characters of A–Z a–z 0–9 . _ : @ -
                 * @example user-123
                 */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "status": "frozen"
                 *     }
                 */
                "application/json": components["schemas"]["SetFundsAccountStatusRequest"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
        };
    };
    getMoneyFlow: {
        parameters: {
            query?: {
                /**
                 * @description A day before `to` if not given.
                 * @example 2027-01-01T00:00:00.000Z
                 */
                from?: string;
                /**
                 * @description Before this time; now if not given.
                 * @example 2027-01-01T00:00:00.000Z
                 */
                to?: string;
                bucket?: "hour" | "day";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MoneyFlow"];
                };
            };
        };
    };
    listFundsGrants: {
        parameters: {
            query?: {
                limit?: number;
                /**
                 * @description The `next_cursor` of the previous page.
                 * @example ZcMdqyTFU93eMTA0Mg
                 */
                cursor?: string;
                status?: components["schemas"]["GrantStatus"];
            };
            header?: never;
            path: {
                /**
                 * @description Your own id of the user: 1 to 128 characters of A–Z a–z 0–9 . _ : @ -
                 * @example user-123
                 */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GrantPage"];
                };
            };
        };
    };
    listFundsBudgets: {
        parameters: {
            query?: {
                limit?: number;
                /**
                 * @description The `next_cursor` of the previous page.
                 * @example ZcMdqyTFU93eMTA0Mg
                 */
                cursor?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Your own id of the user: 1 to 128 characters of A–Z a–z 0–9 . _ : @ -
                 * @example user-123
                 */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BudgetPage"];
                };
            };
        };
    };
    getFundsStatement: {
        parameters: {
            query?: {
                /**
                 * @description From this time on; from the beginning if not given.
                 * @example 2027-01-01T00:00:00.000Z
                 */
                from?: string;
                /**
                 * @description Before this time, or until now if that is earlier; until now if not given. The answer’s `to` says which.
                 * @example 2027-01-01T00:00:00.000Z
                 */
                to?: string;
                format?: "json" | "csv";
            };
            header?: never;
            path: {
                /**
                 * @description Your own id of the user: 1 to 128 characters of A–Z a–z 0–9 . _ : @ -
                 * @example user-123
                 */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Statement"];
                };
            };
        };
    };
    getFundsReceipt: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example tr_42_7 */
                transfer_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Receipt"];
                };
            };
        };
    };
    listFundsAccounts: {
        parameters: {
            query?: {
                limit?: number;
                /**
                 * @description The `next_cursor` of the previous page.
                 * @example ZcMdqyTFU93eMTA0Mg
                 */
                cursor?: string;
                status?: components["schemas"]["AccountStatus"];
                /** @example pro */
                tier?: string;
                /**
                 * @description How the id of the user begins.
                 * @example user-123
                 */
                user_id_prefix?: string;
                flag?: "charged_back";
                /**
                 * @description With a balance below this, in the smallest unit of each asset.
                 * @example 500
                 */
                below?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountPage"];
                };
            };
        };
    };
    findFundsTransfers: {
        parameters: {
            query?: {
                limit?: number;
                /**
                 * @description The `next_cursor` of the previous page.
                 * @example ZcMdqyTFU93eMTA0Mg
                 */
                cursor?: string;
                /**
                 * @description This one, if the rest fits.
                 * @example tr_42_7
                 */
                transfer_id?: string;
                /**
                 * @description Your own id of the user: 1 to 128 characters of A–Z a–z 0–9 . _ : @ -
                 * @example user-123
                 */
                user_id?: string;
                /** @example job-77 */
                reference?: string;
                /**
                 * @description The whole reason.
                 * @example 1,200 tokens
                 */
                reason?: string;
                kind?: components["schemas"]["TransferKind"];
                /**
                 * @description 1 to 255 visible ASCII characters; the same key moves money once.
                 * @example order-1001
                 */
                idempotency_key?: string;
                /**
                 * @description From this time on.
                 * @example 2027-01-01T00:00:00.000Z
                 */
                from?: string;
                /**
                 * @description Before this time.
                 * @example 2027-01-01T00:00:00.000Z
                 */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TransferPage"];
                };
            };
        };
    };
    listFundsHolds: {
        parameters: {
            query?: {
                limit?: number;
                /**
                 * @description The `next_cursor` of the previous page.
                 * @example ZcMdqyTFU93eMTA0Mg
                 */
                cursor?: string;
                /**
                 * @description Your own id of the user: 1 to 128 characters of A–Z a–z 0–9 . _ : @ -
                 * @example user-123
                 */
                user_id?: string;
                /** @description A hold past its time is `expired`. */
                status?: components["schemas"]["HoldStatus"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HoldPage"];
                };
            };
        };
    };
    listPlans: {
        parameters: {
            query?: {
                limit?: number;
                /**
                 * @description The `next_cursor` of the previous page.
                 * @example ZcMdqyTFU93eMTA0Mg
                 */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanPage"];
                };
            };
        };
    };
    getPlan: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example starter */
                plan_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plan"];
                };
            };
        };
    };
    putPlan: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example starter */
                plan_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Starter",
                 *       "stripe_price_id": "price_1MoBy5LkdIwHu7ixZhnattbh",
                 *       "features": {
                 *         "sso": true,
                 *         "support": "email"
                 *       },
                 *       "limits": {
                 *         "api.calls": 100000
                 *       },
                 *       "metered": {
                 *         "tokens": {
                 *           "via": "funds",
                 *           "asset": "USD/2",
                 *           "price": 3,
                 *           "per": 1000
                 *         }
                 *       },
                 *       "license_days": 30,
                 *       "license_grace_days": 7
                 *     }
                 */
                "application/json": components["schemas"]["PutPlanRequest"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PutPlan"];
                };
            };
        };
    };
    listCustomers: {
        parameters: {
            query?: {
                /**
                 * @description The exact address. Upper and lower case do not matter.
                 * @example billing@example.com
                 */
                email?: string;
                /** @example company-17 */
                external_id?: string;
                /**
                 * @description Whose API key this is, revoked or not.
                 * @example 4fGh7KqL
                 */
                key_id?: string;
                /**
                 * @description Whose Stripe customer or subscription this is.
                 * @example cus_4fGh7KqL9mNp2R
                 */
                stripe_id?: string;
                /** @example starter */
                plan?: string;
                /** @example active */
                subscription_status?: components["schemas"]["SubscriptionStatus"];
                status?: components["schemas"]["CustomerStatus"];
                limit?: number;
                /**
                 * @description The `next_cursor` of the previous page.
                 * @example ZcMdqyTFU93eMTA0Mg
                 */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CustomerPage"];
                };
            };
        };
    };
    createCustomer: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 255 visible ASCII characters; the same key makes one customer.
                 * @example createCustomer-1001
                 */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "email": "billing@example.com",
                 *       "company_name": "Example Ltd"
                 *     }
                 */
                "application/json": components["schemas"]["CreateCustomerRequest"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    /** @description Present when the key had been used for this request: the answer is the first one. */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedCustomer"];
                };
            };
        };
    };
    getCustomer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description `cust_` and 16 base62 characters.
                 * @example cust_4fGh7KqL9mNp2RsT
                 */
                customer_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Customer"];
                };
            };
        };
    };
    eraseCustomer: {
        parameters: {
            query?: {
                /** @description Gives up the account's funds: releases the holds and moves the balance to `adjustments`. */
                force?: boolean;
            };
            header?: never;
            path: {
                /**
                 * @description `cust_` and 16 base62 characters.
                 * @example cust_4fGh7KqL9mNp2RsT
                 */
                customer_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErasedCustomer"];
                };
            };
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErasingCustomer"];
                };
            };
        };
    };
    updateCustomer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description `cust_` and 16 base62 characters.
                 * @example cust_4fGh7KqL9mNp2RsT
                 */
                customer_id: string;
            };
            cookie?: never;
        };
        /** @description Other fields stay unchanged; `metadata` is replaced as a whole. `plan` is the base plan. `stripe_customer_id` is linked in addition to the linked ones. */
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "status": "suspended"
                 *     }
                 */
                "application/json": components["schemas"]["UpdateCustomerRequest"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Customer"];
                };
            };
        };
    };
    exportCustomer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description `cust_` and 16 base62 characters.
                 * @example cust_4fGh7KqL9mNp2RsT
                 */
                customer_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CustomerExport"];
                };
            };
        };
    };
    listApiKeys: {
        parameters: {
            query?: {
                limit?: number;
                /**
                 * @description The `next_cursor` of the previous page.
                 * @example ZcMdqyTFU93eMTA0Mg
                 */
                cursor?: string;
            };
            header?: never;
            path: {
                /**
                 * @description `cust_` and 16 base62 characters.
                 * @example cust_4fGh7KqL9mNp2RsT
                 */
                customer_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKeyPage"];
                };
            };
        };
    };
    issueApiKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description `cust_` and 16 base62 characters.
                 * @example cust_4fGh7KqL9mNp2RsT
                 */
                customer_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "name": "production",
                 *       "expires_at": "2027-12-31T00:00:00.000Z"
                 *     }
                 */
                "application/json": components["schemas"]["IssueApiKeyRequest"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuedApiKey"];
                };
            };
        };
    };
    listApiKeyCalls: {
        parameters: {
            query?: {
                /** @example 2027-01-01T00:00:00.000Z */
                from?: string;
                /** @example 2027-01-01T00:00:00.000Z */
                to?: string;
                bucket?: "hour" | "day";
            };
            header?: never;
            path: {
                /**
                 * @description `cust_` and 16 base62 characters.
                 * @example cust_4fGh7KqL9mNp2RsT
                 */
                customer_id: string;
                /** @example k3Jd82Lq */
                key_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKeyCalls"];
                };
            };
        };
    };
    rotateApiKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description `cust_` and 16 base62 characters.
                 * @example cust_4fGh7KqL9mNp2RsT
                 */
                customer_id: string;
                /** @example k3Jd82Lq */
                key_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "overlap_seconds": 3600
                 *     }
                 */
                "application/json": components["schemas"]["RotateApiKeyRequest"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuedApiKey"];
                };
            };
        };
    };
    revokeApiKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description `cust_` and 16 base62 characters.
                 * @example cust_4fGh7KqL9mNp2RsT
                 */
                customer_id: string;
                /** @example k3Jd82Lq */
                key_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Revoked, now or before. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    listTokens: {
        parameters: {
            query?: {
                limit?: number;
                /**
                 * @description The `next_cursor` of the previous page.
                 * @example ZcMdqyTFU93eMTA0Mg
                 */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenPage"];
                };
            };
        };
    };
    issueToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "invoices",
                 *       "scope": "internal",
                 *       "permissions": [
                 *         "accounts:read",
                 *         "funds:deduct"
                 *       ],
                 *       "daily_amount_max": 500000
                 *     }
                 */
                "application/json": components["schemas"]["IssueTokenRequest"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuedToken"];
                };
            };
        };
    };
    rotateToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example k3Jd82LqWx5Z */
                token_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "overlap_seconds": 3600
                 *     }
                 */
                "application/json": components["schemas"]["RotateTokenRequest"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuedToken"];
                };
            };
        };
    };
    revokeToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example k3Jd82LqWx5Z */
                token_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Revoked, now or before. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    listSubscriptionFindings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SubscriptionFindings"];
                };
            };
        };
    };
    issueLicense: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "customer_id": "cust_4fGh7KqL9mNp2RsT",
                 *       "plan": "starter"
                 *     }
                 */
                "application/json": components["schemas"]["IssueLicenseRequest"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuedLicense"];
                };
            };
        };
    };
    revokeLicense: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description `lic_` and 16 base62 characters; the `jti` of the token.
                 * @example lic_8sKq2VbXw0RtYz1A
                 */
                license_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "reason": "leaked"
                 *     }
                 */
                "application/json": components["schemas"]["RevokeLicenseRequest"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuedLicense"];
                };
            };
        };
    };
    getUsageOfAll: {
        parameters: {
            query?: {
                /** @example api.calls */
                metric?: string;
                /** @example 2027-01-01T00:00:00.000Z */
                from?: string;
                /** @example 2027-01-01T00:00:00.000Z */
                to?: string;
                bucket?: components["schemas"]["UsagePeriod"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UsageTotalsOfAll"];
                };
            };
        };
    };
    getTopUsage: {
        parameters: {
            query: {
                /** @example api.calls */
                metric: string;
                /** @example 2027-01-01T00:00:00.000Z */
                from?: string;
                /** @example 2027-01-01T00:00:00.000Z */
                to?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TopUsage"];
                };
            };
        };
    };
    listUsageFindings: {
        parameters: {
            query?: {
                /**
                 * @description `cust_` and 16 base62 characters.
                 * @example cust_4fGh7KqL9mNp2RsT
                 */
                customer_id?: string;
                /** @example api.calls */
                metric?: string;
                kind?: components["schemas"]["UsageFindingKind"];
                limit?: number;
                /**
                 * @description The `next_cursor` of the previous page.
                 * @example ZcMdqyTFU93eMTA0Mg
                 */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UsageFindingPage"];
                };
            };
        };
    };
    correctUsage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description `cust_` and 16 base62 characters.
                 * @example cust_4fGh7KqL9mNp2RsT
                 */
                customer_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "report_id": "2026-11-24T09:instance-7",
                 *       "reason": "reported twice by a script"
                 *     }
                 */
                "application/json": components["schemas"]["CorrectUsageRequest"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description Present when the key had been used for this request: the answer is the first one. */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UsageCorrection"];
                };
            };
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UsageCorrection"];
                };
            };
        };
    };
    cleanUpUsage: {
        parameters: {
            query?: {
                /**
                 * @description `USAGE_RETENTION_DAYS` by default.
                 * @example 90
                 */
                older_than_days?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UsageCleanup"];
                };
            };
        };
    };
    getFundsAutoTopUp: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Your own id of the user: 1 to 128 characters of A–Z a–z 0–9 . _ : @ -
                 * @example user-123
                 */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AutoTopUpOfAccount"];
                };
            };
        };
    };
    listWebhookEndpoints: {
        parameters: {
            query?: {
                limit?: number;
                /**
                 * @description The `next_cursor` of the previous page.
                 * @example ZcMdqyTFU93eMTA0Mg
                 */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEndpointPage"];
                };
            };
        };
    };
    createWebhookEndpoint: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "url": "https://app.example.com/events",
                 *       "events": [
                 *         "*"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["CreateWebhookEndpointRequest"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedWebhookEndpoint"];
                };
            };
        };
    };
    getWebhookEndpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example we_8sKq2VbXw0RtYz1A */
                endpoint_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEndpoint"];
                };
            };
        };
    };
    deleteWebhookEndpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example we_8sKq2VbXw0RtYz1A */
                endpoint_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    updateWebhookEndpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example we_8sKq2VbXw0RtYz1A */
                endpoint_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "status": "disabled"
                 *     }
                 */
                "application/json": components["schemas"]["UpdateWebhookEndpointRequest"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEndpoint"];
                };
            };
        };
    };
    rotateWebhookSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example we_8sKq2VbXw0RtYz1A */
                endpoint_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "overlap_seconds": 3600
                 *     }
                 */
                "application/json": components["schemas"]["RotateWebhookSecretRequest"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RotatedWebhookSecret"];
                };
            };
        };
    };
    listWebhookDeliveries: {
        parameters: {
            query?: {
                /**
                 * @description `parked`: given up after 3 days, or not sent because it came while the endpoint was disabled. `failed`: given up because the endpoint was disabled.
                 * @example delivered
                 */
                status?: components["schemas"]["WebhookDeliveryStatus"];
                limit?: number;
                /**
                 * @description The `next_cursor` of the previous page.
                 * @example ZcMdqyTFU93eMTA0Mg
                 */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @example we_8sKq2VbXw0RtYz1A */
                endpoint_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookDeliveryPage"];
                };
            };
        };
    };
    replayWebhookDeliveries: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example we_8sKq2VbXw0RtYz1A */
                endpoint_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "from_seq": 42
                 *     }
                 */
                "application/json": components["schemas"]["ReplayWebhookDeliveriesRequest"];
            };
        };
        responses: {
            /** @description The deliveries will be sent. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    testWebhookEndpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example we_8sKq2VbXw0RtYz1A */
                endpoint_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The event will be sent. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    listEvents: {
        parameters: {
            query?: {
                /** @example customer.created */
                type?: string;
                /**
                 * @description The id of a customer, or of a user’s account.
                 * @example cust_4fGh7KqL9mNp2RsT
                 */
                subject?: string;
                /**
                 * @description Inclusive.
                 * @example 42
                 */
                from_seq?: number;
                /**
                 * @description List only the events of this endpoint, with its own numbers.
                 * @example we_8sKq2VbXw0RtYz1A
                 */
                endpoint_id?: string;
                limit?: number;
                /**
                 * @description The `next_cursor` of the previous page.
                 * @example ZcMdqyTFU93eMTA0Mg
                 */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventPage"];
                };
            };
        };
    };
    listStripeEvents: {
        parameters: {
            query?: {
                /** @example parked */
                status?: components["schemas"]["StripeEventStatus"];
                /** @example customer.subscription.updated */
                type?: string;
                /**
                 * @description `cust_` and 16 base62 characters.
                 * @example cust_4fGh7KqL9mNp2RsT
                 */
                customer_id?: string;
                limit?: number;
                /**
                 * @description The `next_cursor` of the previous page.
                 * @example ZcMdqyTFU93eMTA0Mg
                 */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StripeEventPage"];
                };
            };
        };
    };
    getStripeEvent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example evt_1NG8Du2eZvKYlo2CUI79vXWy */
                event_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StripeEventDetail"];
                };
            };
        };
    };
    replayStripeEvent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example evt_1NG8Du2eZvKYlo2CUI79vXWy */
                event_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StripeEvent"];
                };
            };
        };
    };
    listAudit: {
        parameters: {
            query?: {
                limit?: number;
                /**
                 * @description The `next_cursor` of the previous page.
                 * @example ZcMdqyTFU93eMTA0Mg
                 */
                cursor?: string;
                /** @description Show commitments instead of values. Each record, as canonical JSON, is then its leaf. */
                as_logged?: boolean;
                /** @example customer.created */
                event?: string;
                /** @example admin:1f9a3b07 */
                actor?: string;
                /**
                 * @description For example `cust_…` or `acct_…`. A user’s id stands for the user’s account.
                 * @example cust_4fGh7KqL9mNp2RsT
                 */
                subject?: string;
                /** @example 2027-01-01T00:00:00.000Z */
                from?: string;
                /**
                 * @description Before this time.
                 * @example 2027-01-01T00:00:00.000Z
                 */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditPage"];
                };
            };
        };
    };
    getAuditCheckpoint: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditCheckpoint"];
                };
            };
        };
    };
    getAuditProof: {
        parameters: {
            query: {
                /**
                 * @description The size of a tree.
                 * @example 1000
                 */
                size: number;
                /**
                 * @description The number of a record in it.
                 * @example 999
                 */
                index?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditProof"];
                };
            };
        };
    };
    getChecklist: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Checklist"];
                };
            };
        };
    };
    getLogEntries: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The level and number of the tile, and its width if it is partial.
                 * @example 0/x001/234.p/56
                 */
                path: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description 1 to 256 entries. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
        };
    };
    listConsoleSessions: {
        parameters: {
            query?: {
                limit?: number;
                /**
                 * @description The `next_cursor` of the previous page.
                 * @example ZcMdqyTFU93eMTA0Mg
                 */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConsoleSessionPage"];
                };
            };
        };
    };
    endConsoleSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example sess_4fGh7KqL9mNp2RsT */
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ended. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The Prometheus text format. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
        };
    };
    openAccount: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "user_id": "user-123",
                 *       "tier": "pro"
                 *     }
                 */
                "application/json": components["schemas"]["OpenAccountRequest"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
        };
    };
    getAccount: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Your own id of the user: 1 to 128 characters of A–Z a–z 0–9 . _ : @ -
                 * @example user-123
                 */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
        };
    };
    eraseAccount: {
        parameters: {
            query?: {
                /** @description Gives up the account's funds: releases the holds and moves the balance to `adjustments`. */
                force?: boolean;
            };
            header?: never;
            path: {
                /**
                 * @description Your own id of the user: 1 to 128 characters of A–Z a–z 0–9 . _ : @ -
                 * @example user-123
                 */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErasedAccount"];
                };
            };
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErasingAccount"];
                };
            };
        };
    };
    updateAccount: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Your own id of the user: 1 to 128 characters of A–Z a–z 0–9 . _ : @ -
                 * @example user-123
                 */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "credit_limit": 1000,
                 *       "low_balance_at": 500
                 *     }
                 */
                "application/json": components["schemas"]["UpdateAccountRequest"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
        };
    };
    getBalance: {
        parameters: {
            query?: {
                /**
                 * @description A time in the past, by the millisecond: the answer never changes.
                 * @example 2027-01-01T00:00:00.000Z
                 */
                at?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Your own id of the user: 1 to 128 characters of A–Z a–z 0–9 . _ : @ -
                 * @example user-123
                 */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Balance"];
                };
            };
        };
    };
    listTransfers: {
        parameters: {
            query?: {
                limit?: number;
                /**
                 * @description The `next_cursor` of the previous page.
                 * @example ZcMdqyTFU93eMTA0Mg
                 */
                cursor?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Your own id of the user: 1 to 128 characters of A–Z a–z 0–9 . _ : @ -
                 * @example user-123
                 */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TransferPage"];
                };
            };
        };
    };
    exportAccount: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Your own id of the user: 1 to 128 characters of A–Z a–z 0–9 . _ : @ -
                 * @example user-123
                 */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountExport"];
                };
            };
        };
    };
    deduct: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 255 visible ASCII characters; the same key moves money once.
                 * @example deduct-1001
                 */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "user_id": "user-123",
                 *       "amount": 500,
                 *       "reason": "1,200 tokens",
                 *       "reference": "job-77"
                 *     }
                 */
                "application/json": components["schemas"]["DeductRequest"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description Present when the key had been used for this request: the answer is the first one. */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Movement"];
                };
            };
        };
    };
    topUp: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 255 visible ASCII characters; the same key moves money once.
                 * @example topUp-1001
                 */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "user_id": "user-123",
                 *       "amount": 500,
                 *       "reason": "1,200 tokens",
                 *       "reference": "job-77"
                 *     }
                 */
                "application/json": components["schemas"]["TopUpRequest"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description Present when the key had been used for this request: the answer is the first one. */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Movement"];
                };
            };
        };
    };
    refund: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 255 visible ASCII characters; the same key moves money once.
                 * @example refund-1001
                 */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "transfer_id": "tr_42_7",
                 *       "amount": 200
                 *     }
                 */
                "application/json": components["schemas"]["RefundRequest"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description Present when the key had been used for this request: the answer is the first one. */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Movement"];
                };
            };
        };
    };
    listHolds: {
        parameters: {
            query?: {
                limit?: number;
                /**
                 * @description The `next_cursor` of the previous page.
                 * @example ZcMdqyTFU93eMTA0Mg
                 */
                cursor?: string;
                /**
                 * @description Your own id of the user: 1 to 128 characters of A–Z a–z 0–9 . _ : @ -
                 * @example user-123
                 */
                user_id?: string;
                /** @description A hold past its time is `expired`. */
                status?: components["schemas"]["HoldStatus"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HoldPage"];
                };
            };
        };
    };
    createHold: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 255 visible ASCII characters; the same key moves money once.
                 * @example createHold-1001
                 */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "user_id": "user-123",
                 *       "amount": 2000,
                 *       "expires_in_s": 3600,
                 *       "reference": "job-78"
                 *     }
                 */
                "application/json": components["schemas"]["CreateHoldRequest"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    /** @description Present when the key had been used for this request: the answer is the first one. */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Hold"];
                };
            };
        };
    };
    captureHold: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 255 visible ASCII characters; the same key moves money once.
                 * @example captureHold-1001
                 */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @example hold_42_8 */
                hold_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "amount": 1500
                 *     }
                 */
                "application/json": components["schemas"]["CaptureHoldRequest"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description Present when the key had been used for this request: the answer is the first one. */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Hold"];
                };
            };
        };
    };
    releaseHold: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 255 visible ASCII characters; the same key moves money once.
                 * @example releaseHold-1001
                 */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @example hold_42_8 */
                hold_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "reason": "job cancelled"
                 *     }
                 */
                "application/json": components["schemas"]["ReleaseHoldRequest"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description Present when the key had been used for this request: the answer is the first one. */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Hold"];
                };
            };
        };
    };
    moveMany: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "transfers": [
                 *         {
                 *           "op": "deduct",
                 *           "user_id": "user-123",
                 *           "amount": 500,
                 *           "idempotency_key": "job-77"
                 *         },
                 *         {
                 *           "op": "hold",
                 *           "user_id": "user-123",
                 *           "amount": 2000,
                 *           "idempotency_key": "job-78"
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["MoveManyRequest"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TransferBatch"];
                };
            };
        };
    };
    getTransfer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example tr_42_7 */
                transfer_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Transfer"];
                };
            };
        };
    };
    getHold: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example hold_42_8 */
                hold_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HoldState"];
                };
            };
        };
    };
    getStatement: {
        parameters: {
            query?: {
                /**
                 * @description From this time on; from the beginning if not given.
                 * @example 2027-01-01T00:00:00.000Z
                 */
                from?: string;
                /**
                 * @description Before this time, or until now if that is earlier; until now if not given. The answer’s `to` says which.
                 * @example 2027-01-01T00:00:00.000Z
                 */
                to?: string;
                format?: "json" | "csv";
            };
            header?: never;
            path: {
                /**
                 * @description Your own id of the user: 1 to 128 characters of A–Z a–z 0–9 . _ : @ -
                 * @example user-123
                 */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Statement"];
                };
            };
        };
    };
    listAccounts: {
        parameters: {
            query?: {
                limit?: number;
                /**
                 * @description The `next_cursor` of the previous page.
                 * @example ZcMdqyTFU93eMTA0Mg
                 */
                cursor?: string;
                status?: components["schemas"]["AccountStatus"];
                /** @example pro */
                tier?: string;
                /**
                 * @description How the id of the user begins.
                 * @example user-123
                 */
                user_id_prefix?: string;
                flag?: "charged_back";
                /**
                 * @description With a balance below this, in the smallest unit of each asset.
                 * @example 500
                 */
                below?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountPage"];
                };
            };
        };
    };
    findTransfers: {
        parameters: {
            query?: {
                limit?: number;
                /**
                 * @description The `next_cursor` of the previous page.
                 * @example ZcMdqyTFU93eMTA0Mg
                 */
                cursor?: string;
                /**
                 * @description This one, if the rest fits.
                 * @example tr_42_7
                 */
                transfer_id?: string;
                /**
                 * @description Your own id of the user: 1 to 128 characters of A–Z a–z 0–9 . _ : @ -
                 * @example user-123
                 */
                user_id?: string;
                /** @example job-77 */
                reference?: string;
                /**
                 * @description The whole reason.
                 * @example 1,200 tokens
                 */
                reason?: string;
                kind?: components["schemas"]["TransferKind"];
                /**
                 * @description 1 to 255 visible ASCII characters; the same key moves money once.
                 * @example order-1001
                 */
                idempotency_key?: string;
                /**
                 * @description From this time on.
                 * @example 2027-01-01T00:00:00.000Z
                 */
                from?: string;
                /**
                 * @description Before this time.
                 * @example 2027-01-01T00:00:00.000Z
                 */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TransferPage"];
                };
            };
        };
    };
    createGrant: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 255 visible ASCII characters; the same key moves money once.
                 * @example createGrant-1001
                 */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "user_id": "user-123",
                 *       "amount": 500,
                 *       "category": "promotion",
                 *       "expires_at": "2027-01-01T00:00:00Z"
                 *     }
                 */
                "application/json": components["schemas"]["CreateGrantRequest"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    /** @description Present when the key had been used for this request: the answer is the first one. */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Grant"];
                };
            };
        };
    };
    voidGrant: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 255 visible ASCII characters; the same key moves money once.
                 * @example voidGrant-1001
                 */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @example grant_42_1 */
                grant_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "reason": "given by mistake"
                 *     }
                 */
                "application/json": components["schemas"]["VoidGrantRequest"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description Present when the key had been used for this request: the answer is the first one. */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Grant"];
                };
            };
        };
    };
    getGrant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example grant_42_1 */
                grant_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Grant"];
                };
            };
        };
    };
    getBudget: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Your own id of the user: 1 to 128 characters of A–Z a–z 0–9 . _ : @ -
                 * @example user-123
                 */
                user_id: string;
                /**
                 * @description Your own name for it: 1 to 64 characters of A–Z a–z 0–9 . _ : -
                 * @example daily
                 */
                budget_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Budget"];
                };
            };
        };
    };
    putBudget: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Your own id of the user: 1 to 128 characters of A–Z a–z 0–9 . _ : @ -
                 * @example user-123
                 */
                user_id: string;
                /**
                 * @description Your own name for it: 1 to 64 characters of A–Z a–z 0–9 . _ : -
                 * @example daily
                 */
                budget_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "amount": 500,
                 *       "window": "day",
                 *       "time_zone": "Europe/Berlin",
                 *       "alert_at": [
                 *         80
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["PutBudgetRequest"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Budget"];
                };
            };
        };
    };
    deleteBudget: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Your own id of the user: 1 to 128 characters of A–Z a–z 0–9 . _ : @ -
                 * @example user-123
                 */
                user_id: string;
                /**
                 * @description Your own name for it: 1 to 64 characters of A–Z a–z 0–9 . _ : -
                 * @example daily
                 */
                budget_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    check: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "user_id": "user-123",
                 *       "amount": 500
                 *     }
                 */
                "application/json": components["schemas"]["CheckRequest"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Check"];
                };
            };
        };
    };
    listGrants: {
        parameters: {
            query?: {
                limit?: number;
                /**
                 * @description The `next_cursor` of the previous page.
                 * @example ZcMdqyTFU93eMTA0Mg
                 */
                cursor?: string;
                status?: components["schemas"]["GrantStatus"];
            };
            header?: never;
            path: {
                /**
                 * @description Your own id of the user: 1 to 128 characters of A–Z a–z 0–9 . _ : @ -
                 * @example user-123
                 */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GrantPage"];
                };
            };
        };
    };
    listBudgets: {
        parameters: {
            query?: {
                limit?: number;
                /**
                 * @description The `next_cursor` of the previous page.
                 * @example ZcMdqyTFU93eMTA0Mg
                 */
                cursor?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Your own id of the user: 1 to 128 characters of A–Z a–z 0–9 . _ : @ -
                 * @example user-123
                 */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BudgetPage"];
                };
            };
        };
    };
    getReceipt: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example tr_42_7 */
                transfer_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Receipt"];
                };
            };
        };
    };
    countSubscriptions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SubscriptionCount"];
                };
            };
        };
    };
    openTopUpCheckout: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 255 visible ASCII characters. The same call with the same key returns the same page as long as that can be paid. Once it is paid or has expired, or if anything else in the body differs, the call opens another page.
                 * @example openTopUpCheckout-1001
                 */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "user_id": "user-123",
                 *       "amount": 1000,
                 *       "success_url": "https://app.example.com/paid",
                 *       "cancel_url": "https://app.example.com/billing"
                 *     }
                 */
                "application/json": components["schemas"]["OpenTopUpCheckoutRequest"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    /** @description Present when the key had been used for this request: the answer is the first one. */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckoutSession"];
                };
            };
        };
    };
    getAutoTopUp: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Your own id of the user: 1 to 128 characters of A–Z a–z 0–9 . _ : @ -
                 * @example user-123
                 */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AutoTopUp"];
                };
            };
        };
    };
    setAutoTopUp: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Your own id of the user: 1 to 128 characters of A–Z a–z 0–9 . _ : @ -
                 * @example user-123
                 */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "threshold": 500,
                 *       "amount": 2000,
                 *       "daily_max": 6000,
                 *       "monthly_max": 20000,
                 *       "enabled": true
                 *     }
                 */
                "application/json": components["schemas"]["SetAutoTopUpRequest"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AutoTopUp"];
                };
            };
        };
    };
    onAccountCreated: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. Repetitions have the same id; ignore them. */
                "webhook-id": string;
                /** @description The time of this attempt, in Unix seconds. */
                "webhook-timestamp": string;
                /** @description Signatures over `id.timestamp.body`, separated by spaces: `v1,` (HMAC-SHA256 under the endpoint's secret) and `v1a,` (Ed25519), in base64. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "account.created",
                 *       "timestamp": "2026-11-24T09:30:00.000Z",
                 *       "seq": 42,
                 *       "data": {
                 *         "user_id": "user-123",
                 *         "asset": "USD/2",
                 *         "tier": "pro"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["AccountCreatedEvent"];
            };
        };
        responses: {
            /** @description The endpoint is gone, so it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The receiver has the event. After any other answer, or none within 10 s, it is sent again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onAccountUpdated: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. Repetitions have the same id; ignore them. */
                "webhook-id": string;
                /** @description The time of this attempt, in Unix seconds. */
                "webhook-timestamp": string;
                /** @description Signatures over `id.timestamp.body`, separated by spaces: `v1,` (HMAC-SHA256 under the endpoint's secret) and `v1a,` (Ed25519), in base64. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "account.updated",
                 *       "timestamp": "2026-11-24T09:30:00.000Z",
                 *       "seq": 42,
                 *       "data": {
                 *         "user_id": "user-123",
                 *         "asset": "USD/2",
                 *         "changed": [
                 *           "status"
                 *         ],
                 *         "status": "frozen"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["AccountUpdatedEvent"];
            };
        };
        responses: {
            /** @description The endpoint is gone, so it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The receiver has the event. After any other answer, or none within 10 s, it is sent again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onAccountErased: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. Repetitions have the same id; ignore them. */
                "webhook-id": string;
                /** @description The time of this attempt, in Unix seconds. */
                "webhook-timestamp": string;
                /** @description Signatures over `id.timestamp.body`, separated by spaces: `v1,` (HMAC-SHA256 under the endpoint's secret) and `v1a,` (Ed25519), in base64. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "account.erased",
                 *       "timestamp": "2026-11-24T09:30:00.000Z",
                 *       "seq": 42,
                 *       "data": {
                 *         "user_id": null,
                 *         "asset": "USD/2",
                 *         "holds_released": 0,
                 *         "balance_given_up": 0
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["AccountErasedEvent"];
            };
        };
        responses: {
            /** @description The endpoint is gone, so it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The receiver has the event. After any other answer, or none within 10 s, it is sent again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onFundsToppedUp: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. Repetitions have the same id; ignore them. */
                "webhook-id": string;
                /** @description The time of this attempt, in Unix seconds. */
                "webhook-timestamp": string;
                /** @description Signatures over `id.timestamp.body`, separated by spaces: `v1,` (HMAC-SHA256 under the endpoint's secret) and `v1a,` (Ed25519), in base64. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "funds.topped_up",
                 *       "timestamp": "2026-11-24T09:30:00.000Z",
                 *       "seq": 42,
                 *       "data": {
                 *         "user_id": "user-123",
                 *         "asset": "USD/2",
                 *         "transfer_id": "tr_42_7",
                 *         "kind": "top_up",
                 *         "amount": 500,
                 *         "balance": 1000,
                 *         "available": 1000,
                 *         "target_id": null
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["FundsToppedUpEvent"];
            };
        };
        responses: {
            /** @description The endpoint is gone, so it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The receiver has the event. After any other answer, or none within 10 s, it is sent again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onFundsRefunded: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. Repetitions have the same id; ignore them. */
                "webhook-id": string;
                /** @description The time of this attempt, in Unix seconds. */
                "webhook-timestamp": string;
                /** @description Signatures over `id.timestamp.body`, separated by spaces: `v1,` (HMAC-SHA256 under the endpoint's secret) and `v1a,` (Ed25519), in base64. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "funds.refunded",
                 *       "timestamp": "2026-11-24T09:30:00.000Z",
                 *       "seq": 42,
                 *       "data": {
                 *         "user_id": "user-123",
                 *         "asset": "USD/2",
                 *         "transfer_id": "tr_42_7",
                 *         "kind": "refund",
                 *         "amount": 500,
                 *         "balance": 1000,
                 *         "available": 1000,
                 *         "target_id": "tr_42_6"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["FundsRefundedEvent"];
            };
        };
        responses: {
            /** @description The endpoint is gone, so it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The receiver has the event. After any other answer, or none within 10 s, it is sent again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onFundsAdjusted: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. Repetitions have the same id; ignore them. */
                "webhook-id": string;
                /** @description The time of this attempt, in Unix seconds. */
                "webhook-timestamp": string;
                /** @description Signatures over `id.timestamp.body`, separated by spaces: `v1,` (HMAC-SHA256 under the endpoint's secret) and `v1a,` (Ed25519), in base64. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "funds.adjusted",
                 *       "timestamp": "2026-11-24T09:30:00.000Z",
                 *       "seq": 42,
                 *       "data": {
                 *         "user_id": "user-123",
                 *         "asset": "USD/2",
                 *         "transfer_id": "tr_42_7",
                 *         "kind": "adjustment",
                 *         "amount": 500,
                 *         "balance": 1000,
                 *         "available": 1000,
                 *         "target_id": null
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["FundsAdjustedEvent"];
            };
        };
        responses: {
            /** @description The endpoint is gone, so it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The receiver has the event. After any other answer, or none within 10 s, it is sent again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onFundsDeducted: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. Repetitions have the same id; ignore them. */
                "webhook-id": string;
                /** @description The time of this attempt, in Unix seconds. */
                "webhook-timestamp": string;
                /** @description Signatures over `id.timestamp.body`, separated by spaces: `v1,` (HMAC-SHA256 under the endpoint's secret) and `v1a,` (Ed25519), in base64. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "funds.deducted",
                 *       "timestamp": "2026-11-24T09:30:00.000Z",
                 *       "seq": 42,
                 *       "data": {
                 *         "user_id": "user-123",
                 *         "asset": "USD/2",
                 *         "transfer_id": "tr_42_7",
                 *         "kind": "deduct",
                 *         "amount": 500,
                 *         "balance": 1000,
                 *         "available": 1000,
                 *         "target_id": null
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["FundsDeductedEvent"];
            };
        };
        responses: {
            /** @description The endpoint is gone, so it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The receiver has the event. After any other answer, or none within 10 s, it is sent again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onFundsHeld: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. Repetitions have the same id; ignore them. */
                "webhook-id": string;
                /** @description The time of this attempt, in Unix seconds. */
                "webhook-timestamp": string;
                /** @description Signatures over `id.timestamp.body`, separated by spaces: `v1,` (HMAC-SHA256 under the endpoint's secret) and `v1a,` (Ed25519), in base64. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "funds.held",
                 *       "timestamp": "2026-11-24T09:30:00.000Z",
                 *       "seq": 42,
                 *       "data": {
                 *         "user_id": "user-123",
                 *         "asset": "USD/2",
                 *         "transfer_id": "tr_42_7",
                 *         "kind": "hold",
                 *         "amount": 500,
                 *         "balance": 1000,
                 *         "available": 1000,
                 *         "target_id": null
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["FundsHeldEvent"];
            };
        };
        responses: {
            /** @description The endpoint is gone, so it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The receiver has the event. After any other answer, or none within 10 s, it is sent again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onFundsCaptured: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. Repetitions have the same id; ignore them. */
                "webhook-id": string;
                /** @description The time of this attempt, in Unix seconds. */
                "webhook-timestamp": string;
                /** @description Signatures over `id.timestamp.body`, separated by spaces: `v1,` (HMAC-SHA256 under the endpoint's secret) and `v1a,` (Ed25519), in base64. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "funds.captured",
                 *       "timestamp": "2026-11-24T09:30:00.000Z",
                 *       "seq": 42,
                 *       "data": {
                 *         "user_id": "user-123",
                 *         "asset": "USD/2",
                 *         "transfer_id": "tr_42_7",
                 *         "kind": "capture",
                 *         "amount": 500,
                 *         "balance": 1000,
                 *         "available": 1000,
                 *         "target_id": null
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["FundsCapturedEvent"];
            };
        };
        responses: {
            /** @description The endpoint is gone, so it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The receiver has the event. After any other answer, or none within 10 s, it is sent again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onFundsReleased: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. Repetitions have the same id; ignore them. */
                "webhook-id": string;
                /** @description The time of this attempt, in Unix seconds. */
                "webhook-timestamp": string;
                /** @description Signatures over `id.timestamp.body`, separated by spaces: `v1,` (HMAC-SHA256 under the endpoint's secret) and `v1a,` (Ed25519), in base64. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "funds.released",
                 *       "timestamp": "2026-11-24T09:30:00.000Z",
                 *       "seq": 42,
                 *       "data": {
                 *         "user_id": "user-123",
                 *         "asset": "USD/2",
                 *         "transfer_id": "tr_42_7",
                 *         "kind": "release",
                 *         "amount": 500,
                 *         "balance": 1000,
                 *         "available": 1000,
                 *         "target_id": null
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["FundsReleasedEvent"];
            };
        };
        responses: {
            /** @description The endpoint is gone, so it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The receiver has the event. After any other answer, or none within 10 s, it is sent again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onFundsLowBalance: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. Repetitions have the same id; ignore them. */
                "webhook-id": string;
                /** @description The time of this attempt, in Unix seconds. */
                "webhook-timestamp": string;
                /** @description Signatures over `id.timestamp.body`, separated by spaces: `v1,` (HMAC-SHA256 under the endpoint's secret) and `v1a,` (Ed25519), in base64. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "funds.low_balance",
                 *       "timestamp": "2026-11-24T09:30:00.000Z",
                 *       "seq": 42,
                 *       "data": {
                 *         "user_id": "user-123",
                 *         "asset": "USD/2",
                 *         "balance": 90
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["FundsLowBalanceEvent"];
            };
        };
        responses: {
            /** @description The endpoint is gone, so it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The receiver has the event. After any other answer, or none within 10 s, it is sent again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onFundsNegative: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. Repetitions have the same id; ignore them. */
                "webhook-id": string;
                /** @description The time of this attempt, in Unix seconds. */
                "webhook-timestamp": string;
                /** @description Signatures over `id.timestamp.body`, separated by spaces: `v1,` (HMAC-SHA256 under the endpoint's secret) and `v1a,` (Ed25519), in base64. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "funds.negative",
                 *       "timestamp": "2026-11-24T09:30:00.000Z",
                 *       "seq": 42,
                 *       "data": {
                 *         "user_id": "user-123",
                 *         "asset": "USD/2",
                 *         "transfer_id": "tr_42_8",
                 *         "kind": "deduct",
                 *         "amount": 500,
                 *         "balance": -200,
                 *         "available": 800,
                 *         "target_id": null
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["FundsNegativeEvent"];
            };
        };
        responses: {
            /** @description The endpoint is gone, so it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The receiver has the event. After any other answer, or none within 10 s, it is sent again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onGrantExpiring: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. Repetitions have the same id; ignore them. */
                "webhook-id": string;
                /** @description The time of this attempt, in Unix seconds. */
                "webhook-timestamp": string;
                /** @description Signatures over `id.timestamp.body`, separated by spaces: `v1,` (HMAC-SHA256 under the endpoint's secret) and `v1a,` (Ed25519), in base64. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "grant.expiring",
                 *       "timestamp": "2026-11-24T09:30:00.000Z",
                 *       "seq": 42,
                 *       "data": {
                 *         "user_id": "user-123",
                 *         "asset": "USD/2",
                 *         "grant_id": "grant_42_1",
                 *         "remaining": 300,
                 *         "expires_at": "2026-12-01T00:00:00.000Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["GrantExpiringEvent"];
            };
        };
        responses: {
            /** @description The endpoint is gone, so it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The receiver has the event. After any other answer, or none within 10 s, it is sent again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onGrantExpired: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. Repetitions have the same id; ignore them. */
                "webhook-id": string;
                /** @description The time of this attempt, in Unix seconds. */
                "webhook-timestamp": string;
                /** @description Signatures over `id.timestamp.body`, separated by spaces: `v1,` (HMAC-SHA256 under the endpoint's secret) and `v1a,` (Ed25519), in base64. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "grant.expired",
                 *       "timestamp": "2026-11-24T09:30:00.000Z",
                 *       "seq": 42,
                 *       "data": {
                 *         "user_id": "user-123",
                 *         "asset": "USD/2",
                 *         "grant_id": "grant_42_1",
                 *         "amount": 300
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["GrantExpiredEvent"];
            };
        };
        responses: {
            /** @description The endpoint is gone, so it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The receiver has the event. After any other answer, or none within 10 s, it is sent again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onBudgetThreshold: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. Repetitions have the same id; ignore them. */
                "webhook-id": string;
                /** @description The time of this attempt, in Unix seconds. */
                "webhook-timestamp": string;
                /** @description Signatures over `id.timestamp.body`, separated by spaces: `v1,` (HMAC-SHA256 under the endpoint's secret) and `v1a,` (Ed25519), in base64. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "budget.threshold",
                 *       "timestamp": "2026-11-24T09:30:00.000Z",
                 *       "seq": 42,
                 *       "data": {
                 *         "user_id": "user-123",
                 *         "asset": "USD/2",
                 *         "budget_id": "monthly",
                 *         "amount": 5000,
                 *         "used": 4000,
                 *         "mode": "soft",
                 *         "window": "month",
                 *         "window_start": "2026-11-01T00:00:00.000Z",
                 *         "resets_at": "2026-12-01T00:00:00.000Z",
                 *         "percent": 80
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["BudgetThresholdEvent"];
            };
        };
        responses: {
            /** @description The endpoint is gone, so it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The receiver has the event. After any other answer, or none within 10 s, it is sent again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onBudgetExceeded: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. Repetitions have the same id; ignore them. */
                "webhook-id": string;
                /** @description The time of this attempt, in Unix seconds. */
                "webhook-timestamp": string;
                /** @description Signatures over `id.timestamp.body`, separated by spaces: `v1,` (HMAC-SHA256 under the endpoint's secret) and `v1a,` (Ed25519), in base64. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "budget.exceeded",
                 *       "timestamp": "2026-11-24T09:30:00.000Z",
                 *       "seq": 42,
                 *       "data": {
                 *         "user_id": "user-123",
                 *         "asset": "USD/2",
                 *         "budget_id": "monthly",
                 *         "amount": 5000,
                 *         "used": 5200,
                 *         "mode": "soft",
                 *         "window": "month",
                 *         "window_start": "2026-11-01T00:00:00.000Z",
                 *         "resets_at": "2026-12-01T00:00:00.000Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["BudgetExceededEvent"];
            };
        };
        responses: {
            /** @description The endpoint is gone, so it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The receiver has the event. After any other answer, or none within 10 s, it is sent again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onCustomerCreated: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. Repetitions have the same id; ignore them. */
                "webhook-id": string;
                /** @description The time of this attempt, in Unix seconds. */
                "webhook-timestamp": string;
                /** @description Signatures over `id.timestamp.body`, separated by spaces: `v1,` (HMAC-SHA256 under the endpoint's secret) and `v1a,` (Ed25519), in base64. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "customer.created",
                 *       "timestamp": "2026-11-24T09:30:00.000Z",
                 *       "seq": 42,
                 *       "data": {
                 *         "customer_id": "cust_4fGh7KqL9mNp2RsT",
                 *         "plan": "starter"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["CustomerCreatedEvent"];
            };
        };
        responses: {
            /** @description The endpoint is gone, so it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The receiver has the event. After any other answer, or none within 10 s, it is sent again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onCustomerUpdated: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. Repetitions have the same id; ignore them. */
                "webhook-id": string;
                /** @description The time of this attempt, in Unix seconds. */
                "webhook-timestamp": string;
                /** @description Signatures over `id.timestamp.body`, separated by spaces: `v1,` (HMAC-SHA256 under the endpoint's secret) and `v1a,` (Ed25519), in base64. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "customer.updated",
                 *       "timestamp": "2026-11-24T09:30:00.000Z",
                 *       "seq": 42,
                 *       "data": {
                 *         "customer_id": "cust_4fGh7KqL9mNp2RsT",
                 *         "changed": [
                 *           "status"
                 *         ],
                 *         "status": "suspended"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["CustomerUpdatedEvent"];
            };
        };
        responses: {
            /** @description The endpoint is gone, so it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The receiver has the event. After any other answer, or none within 10 s, it is sent again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onCustomerExported: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. Repetitions have the same id; ignore them. */
                "webhook-id": string;
                /** @description The time of this attempt, in Unix seconds. */
                "webhook-timestamp": string;
                /** @description Signatures over `id.timestamp.body`, separated by spaces: `v1,` (HMAC-SHA256 under the endpoint's secret) and `v1a,` (Ed25519), in base64. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "customer.exported",
                 *       "timestamp": "2026-11-24T09:30:00.000Z",
                 *       "seq": 42,
                 *       "data": {
                 *         "customer_id": "cust_4fGh7KqL9mNp2RsT"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["CustomerExportedEvent"];
            };
        };
        responses: {
            /** @description The endpoint is gone, so it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The receiver has the event. After any other answer, or none within 10 s, it is sent again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onCustomerErased: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. Repetitions have the same id; ignore them. */
                "webhook-id": string;
                /** @description The time of this attempt, in Unix seconds. */
                "webhook-timestamp": string;
                /** @description Signatures over `id.timestamp.body`, separated by spaces: `v1,` (HMAC-SHA256 under the endpoint's secret) and `v1a,` (Ed25519), in base64. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "customer.erased",
                 *       "timestamp": "2026-11-24T09:30:00.000Z",
                 *       "seq": 42,
                 *       "data": {
                 *         "customer_id": "cust_4fGh7KqL9mNp2RsT",
                 *         "keys_revoked": 1,
                 *         "licenses_revoked": 0
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["CustomerErasedEvent"];
            };
        };
        responses: {
            /** @description The endpoint is gone, so it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The receiver has the event. After any other answer, or none within 10 s, it is sent again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onApiKeyCreated: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. Repetitions have the same id; ignore them. */
                "webhook-id": string;
                /** @description The time of this attempt, in Unix seconds. */
                "webhook-timestamp": string;
                /** @description Signatures over `id.timestamp.body`, separated by spaces: `v1,` (HMAC-SHA256 under the endpoint's secret) and `v1a,` (Ed25519), in base64. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "api_key.created",
                 *       "timestamp": "2026-11-24T09:30:00.000Z",
                 *       "seq": 42,
                 *       "data": {
                 *         "customer_id": "cust_4fGh7KqL9mNp2RsT",
                 *         "key_id": "k3Jd82Lq"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["ApiKeyCreatedEvent"];
            };
        };
        responses: {
            /** @description The endpoint is gone, so it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The receiver has the event. After any other answer, or none within 10 s, it is sent again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onApiKeyRotated: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. Repetitions have the same id; ignore them. */
                "webhook-id": string;
                /** @description The time of this attempt, in Unix seconds. */
                "webhook-timestamp": string;
                /** @description Signatures over `id.timestamp.body`, separated by spaces: `v1,` (HMAC-SHA256 under the endpoint's secret) and `v1a,` (Ed25519), in base64. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "api_key.rotated",
                 *       "timestamp": "2026-11-24T09:30:00.000Z",
                 *       "seq": 42,
                 *       "data": {
                 *         "customer_id": "cust_4fGh7KqL9mNp2RsT",
                 *         "key_id": "k3Jd82Lq",
                 *         "new_key_id": "pQ7rS8tU",
                 *         "overlap_seconds": 3600
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["ApiKeyRotatedEvent"];
            };
        };
        responses: {
            /** @description The endpoint is gone, so it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The receiver has the event. After any other answer, or none within 10 s, it is sent again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onApiKeyRevoked: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. Repetitions have the same id; ignore them. */
                "webhook-id": string;
                /** @description The time of this attempt, in Unix seconds. */
                "webhook-timestamp": string;
                /** @description Signatures over `id.timestamp.body`, separated by spaces: `v1,` (HMAC-SHA256 under the endpoint's secret) and `v1a,` (Ed25519), in base64. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "api_key.revoked",
                 *       "timestamp": "2026-11-24T09:30:00.000Z",
                 *       "seq": 42,
                 *       "data": {
                 *         "customer_id": "cust_4fGh7KqL9mNp2RsT",
                 *         "key_id": "k3Jd82Lq"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["ApiKeyRevokedEvent"];
            };
        };
        responses: {
            /** @description The endpoint is gone, so it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The receiver has the event. After any other answer, or none within 10 s, it is sent again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onSubscriptionUpdated: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. Repetitions have the same id; ignore them. */
                "webhook-id": string;
                /** @description The time of this attempt, in Unix seconds. */
                "webhook-timestamp": string;
                /** @description Signatures over `id.timestamp.body`, separated by spaces: `v1,` (HMAC-SHA256 under the endpoint's secret) and `v1a,` (Ed25519), in base64. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "subscription.updated",
                 *       "timestamp": "2026-11-24T09:30:00.000Z",
                 *       "seq": 42,
                 *       "data": {
                 *         "customer_id": "cust_4fGh7KqL9mNp2RsT",
                 *         "stripe_subscription_id": "sub_1MowQVLkdIwHu7ixeRlqHVzs",
                 *         "status": "active",
                 *         "plan": "starter",
                 *         "plans": [
                 *           {
                 *             "plan": "starter",
                 *             "quantity": 5
                 *           }
                 *         ],
                 *         "quantity": 5,
                 *         "current_period_end": "2027-01-01T00:00:00.000Z",
                 *         "cancel_at_period_end": false,
                 *         "ends_at": null,
                 *         "paused": false
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["SubscriptionUpdatedEvent"];
            };
        };
        responses: {
            /** @description The endpoint is gone, so it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The receiver has the event. After any other answer, or none within 10 s, it is sent again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onLicenseIssued: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. Repetitions have the same id; ignore them. */
                "webhook-id": string;
                /** @description The time of this attempt, in Unix seconds. */
                "webhook-timestamp": string;
                /** @description Signatures over `id.timestamp.body`, separated by spaces: `v1,` (HMAC-SHA256 under the endpoint's secret) and `v1a,` (Ed25519), in base64. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "license.issued",
                 *       "timestamp": "2026-11-24T09:30:00.000Z",
                 *       "seq": 42,
                 *       "data": {
                 *         "customer_id": "cust_4fGh7KqL9mNp2RsT",
                 *         "license_id": "lic_8sKq2VbXw0RtYz1A",
                 *         "plan": "starter",
                 *         "quantity": 5,
                 *         "stripe_subscription_id": null,
                 *         "expires_at": "2027-01-01T00:00:00.000Z",
                 *         "replaces": null
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["LicenseIssuedEvent"];
            };
        };
        responses: {
            /** @description The endpoint is gone, so it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The receiver has the event. After any other answer, or none within 10 s, it is sent again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onLicenseRevoked: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. Repetitions have the same id; ignore them. */
                "webhook-id": string;
                /** @description The time of this attempt, in Unix seconds. */
                "webhook-timestamp": string;
                /** @description Signatures over `id.timestamp.body`, separated by spaces: `v1,` (HMAC-SHA256 under the endpoint's secret) and `v1a,` (Ed25519), in base64. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "license.revoked",
                 *       "timestamp": "2026-11-24T09:30:00.000Z",
                 *       "seq": 42,
                 *       "data": {
                 *         "customer_id": "cust_4fGh7KqL9mNp2RsT",
                 *         "license_id": "lic_8sKq2VbXw0RtYz1A",
                 *         "stripe_subscription_id": null,
                 *         "status": "revoked"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["LicenseRevokedEvent"];
            };
        };
        responses: {
            /** @description The endpoint is gone, so it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The receiver has the event. After any other answer, or none within 10 s, it is sent again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onUsageLimitExceeded: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. Repetitions have the same id; ignore them. */
                "webhook-id": string;
                /** @description The time of this attempt, in Unix seconds. */
                "webhook-timestamp": string;
                /** @description Signatures over `id.timestamp.body`, separated by spaces: `v1,` (HMAC-SHA256 under the endpoint's secret) and `v1a,` (Ed25519), in base64. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "usage.limit_exceeded",
                 *       "timestamp": "2026-11-24T09:30:00.000Z",
                 *       "seq": 42,
                 *       "data": {
                 *         "customer_id": "cust_4fGh7KqL9mNp2RsT",
                 *         "metric": "api_calls",
                 *         "used": 1200,
                 *         "limit": 1000,
                 *         "month": "2026-11"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["UsageLimitExceededEvent"];
            };
        };
        responses: {
            /** @description The endpoint is gone, so it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The receiver has the event. After any other answer, or none within 10 s, it is sent again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onUsageAnomaly: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. Repetitions have the same id; ignore them. */
                "webhook-id": string;
                /** @description The time of this attempt, in Unix seconds. */
                "webhook-timestamp": string;
                /** @description Signatures over `id.timestamp.body`, separated by spaces: `v1,` (HMAC-SHA256 under the endpoint's secret) and `v1a,` (Ed25519), in base64. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "usage.anomaly",
                 *       "timestamp": "2026-11-24T09:30:00.000Z",
                 *       "seq": 42,
                 *       "data": {
                 *         "customer_id": "cust_4fGh7KqL9mNp2RsT",
                 *         "metric": "api_calls",
                 *         "sum": 9000,
                 *         "threshold": 2500,
                 *         "hour": "2026-11-24T09:00:00Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["UsageAnomalyEvent"];
            };
        };
        responses: {
            /** @description The endpoint is gone, so it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The receiver has the event. After any other answer, or none within 10 s, it is sent again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onAutoTopUpSucceeded: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. Repetitions have the same id; ignore them. */
                "webhook-id": string;
                /** @description The time of this attempt, in Unix seconds. */
                "webhook-timestamp": string;
                /** @description Signatures over `id.timestamp.body`, separated by spaces: `v1,` (HMAC-SHA256 under the endpoint's secret) and `v1a,` (Ed25519), in base64. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "auto_top_up.succeeded",
                 *       "timestamp": "2026-11-24T09:30:00.000Z",
                 *       "seq": 42,
                 *       "data": {
                 *         "user_id": "user-123",
                 *         "asset": "USD/2",
                 *         "amount": 2000,
                 *         "payment_intent_id": "pi_3MtwBwLkdIwHu7ix28a3tqPa"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["AutoTopUpSucceededEvent"];
            };
        };
        responses: {
            /** @description The endpoint is gone, so it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The receiver has the event. After any other answer, or none within 10 s, it is sent again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onAutoTopUpFailed: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. Repetitions have the same id; ignore them. */
                "webhook-id": string;
                /** @description The time of this attempt, in Unix seconds. */
                "webhook-timestamp": string;
                /** @description Signatures over `id.timestamp.body`, separated by spaces: `v1,` (HMAC-SHA256 under the endpoint's secret) and `v1a,` (Ed25519), in base64. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "auto_top_up.failed",
                 *       "timestamp": "2026-11-24T09:30:00.000Z",
                 *       "seq": 42,
                 *       "data": {
                 *         "user_id": "user-123",
                 *         "asset": "USD/2",
                 *         "amount": 2000,
                 *         "code": "authentication_required",
                 *         "needs_user": true,
                 *         "payment_intent_id": "pi_3MtwBwLkdIwHu7ix28a3tqPa",
                 *         "action_url": "https://hooks.stripe.com/redirect/authenticate/src_1NG8Du2eZvKYlo2C"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["AutoTopUpFailedEvent"];
            };
        };
        responses: {
            /** @description The endpoint is gone, so it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The receiver has the event. After any other answer, or none within 10 s, it is sent again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onAutoTopUpPaused: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. Repetitions have the same id; ignore them. */
                "webhook-id": string;
                /** @description The time of this attempt, in Unix seconds. */
                "webhook-timestamp": string;
                /** @description Signatures over `id.timestamp.body`, separated by spaces: `v1,` (HMAC-SHA256 under the endpoint's secret) and `v1a,` (Ed25519), in base64. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "auto_top_up.paused",
                 *       "timestamp": "2026-11-24T09:30:00.000Z",
                 *       "seq": 42,
                 *       "data": {
                 *         "user_id": "user-123",
                 *         "asset": "USD/2",
                 *         "amount": 2000,
                 *         "reason": "payments_failed",
                 *         "action_url": null
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["AutoTopUpPausedEvent"];
            };
        };
        responses: {
            /** @description The endpoint is gone, so it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The receiver has the event. After any other answer, or none within 10 s, it is sent again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onEndpointDisabled: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. Repetitions have the same id; ignore them. */
                "webhook-id": string;
                /** @description The time of this attempt, in Unix seconds. */
                "webhook-timestamp": string;
                /** @description Signatures over `id.timestamp.body`, separated by spaces: `v1,` (HMAC-SHA256 under the endpoint's secret) and `v1a,` (Ed25519), in base64. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "endpoint.disabled",
                 *       "timestamp": "2026-11-24T09:30:00.000Z",
                 *       "seq": 42,
                 *       "data": {
                 *         "endpoint_id": "we_8sKq2VbXw0RtYz1A",
                 *         "reason": "failing"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["EndpointDisabledEvent"];
            };
        };
        responses: {
            /** @description The endpoint is gone, so it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The receiver has the event. After any other answer, or none within 10 s, it is sent again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onTestPing: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. Repetitions have the same id; ignore them. */
                "webhook-id": string;
                /** @description The time of this attempt, in Unix seconds. */
                "webhook-timestamp": string;
                /** @description Signatures over `id.timestamp.body`, separated by spaces: `v1,` (HMAC-SHA256 under the endpoint's secret) and `v1a,` (Ed25519), in base64. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "test.ping",
                 *       "timestamp": "2026-11-24T09:30:00.000Z",
                 *       "seq": 42,
                 *       "data": {
                 *         "endpoint_id": "we_8sKq2VbXw0RtYz1A"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["TestPingEvent"];
            };
        };
        responses: {
            /** @description The endpoint is gone, so it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The receiver has the event. After any other answer, or none within 10 s, it is sent again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
}
