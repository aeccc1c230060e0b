<?php

namespace Net;

use Psr\Log;

/** Glued. */
#[Attr]
abstract class Client extends Base
{
    public const LIMIT = 3;
    private int $retries = 1;

    #[Pure]
    public function send(string $request): int
    {
        $local = function () {};
        return 1;
    }

    abstract protected function close(): void;
}

enum State: int
{
    case Open = 1;
}

function helper() {}
