<?php

use Strongroom\Api\InternalApi;
use Strongroom\ApiException;
use Strongroom\Configuration;
use Strongroom\Model\DeductRequest;
use Strongroom\Model\OpenAccountRequest;
use Strongroom\Model\TopUpRequest;

require '/usr/share/php/GuzzleHttp/autoload.php';
spl_autoload_register(function (string $class): void {
    $file = __DIR__ . '/client/lib/' . str_replace('\\', '/', substr($class, strlen('Strongroom\\'))) . '.php';
    if (str_starts_with($class, 'Strongroom\\') && is_file($file)) {
        require $file;
    }
});

const USER = 'php:ada@example.com';
const LARGEST = 2 ** 53 - 1;

$configuration = (new Configuration())
    ->setHost(getenv('STRONGROOM_URL'))
    ->setApiKey('X-INTERNAL-TOKEN', getenv('INTERNAL_SERVICE_TOKEN'));
$api = new InternalApi(null, $configuration);

$api->openAccount(new OpenAccountRequest(['user_id' => USER, 'tier' => 'pro']));
$filled = $api->topUp(new TopUpRequest(['user_id' => USER, 'amount' => LARGEST]));
check($filled->getBalance() === LARGEST);

$charge = new DeductRequest(['user_id' => USER, 'amount' => 400]);
$first = $api->deduct($charge, 'php-1');
$again = $api->deduct($charge, 'php-1');
check($first == $again && $first->getBalance() === LARGEST - 400);

$at = $first->getCreatedAt()->format(DATE_RFC3339_EXTENDED);
check($api->getBalance(USER, $at)->getBalance() === LARGEST - 400);
$found = $api->findTransfers(user_id: USER, kind: 'deduct', from: $at)->getData();
check(count($found) === 1 && $found[0]->getTransferId() === $first->getTransferId());

try {
    $api->deduct(new DeductRequest(['user_id' => USER, 'amount' => LARGEST]));
    check(false);
} catch (ApiException $refused) {
    check($refused->getCode() === 402);
    check($refused->getResponseObject()->getCode() === 'INSUFFICIENT_FUNDS');
}
echo "ok\n";

function check(bool $holds): void
{
    if (!$holds) {
        throw new Exception('not as it should be');
    }
}
