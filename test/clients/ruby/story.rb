require "strongroom"

USER = "ruby:ada@example.com"
LARGEST = 2**53 - 1

Strongroom.configure do |config|
  url = URI(ENV.fetch("STRONGROOM_URL"))
  config.scheme = url.scheme
  config.host = "#{url.host}:#{url.port}"
  config.api_key["X-INTERNAL-TOKEN"] = ENV.fetch("INTERNAL_SERVICE_TOKEN")
end
api = Strongroom::InternalApi.new

def check(holds)
  raise "not as it should be" unless holds
end

def charge(amount)
  Strongroom::DeductRequest.new(user_id: USER, amount: amount)
end

api.open_account(Strongroom::OpenAccountRequest.new(user_id: USER, tier: "pro"))
filled = api.top_up(Strongroom::TopUpRequest.new(user_id: USER, amount: LARGEST))
check(filled.balance == LARGEST)

first = api.deduct(charge(400), idempotency_key: "ruby-1")
again = api.deduct(charge(400), idempotency_key: "ruby-1")
check(first == again && first.balance == LARGEST - 400)

at = first.created_at.iso8601(3)
check(api.get_balance(USER, at: at).balance == LARGEST - 400)
found = api.find_transfers(user_id: USER, kind: "deduct", from: at).data
check(found.map(&:transfer_id) == [first.transfer_id])

begin
  api.deduct(charge(LARGEST))
  check(false)
rescue Strongroom::ApiError => refused
  error = Strongroom::Error.build_from_hash(JSON.parse(refused.response_body, symbolize_names: true))
  check(refused.code == 402 && error.code == "INSUFFICIENT_FUNDS")
end
puts "ok"
