#!/usr/bin/env python3
"""Reports one deposit to Ledgerbell, until it is recorded.

    python3 append.py http://127.0.0.1:8080 ACC-00001234 salary-2026-11 125.50 EUR
    python3 append.py https://ID.execute-api.eu-west-1.amazonaws.com ACC-00001234 salary-2026-11 125.50 EUR

Only the standard library; requests to AWS are signed with botocore.
"""

import datetime
import json
import sys
import time
import urllib.error
import urllib.request

# After these the same request may succeed: 429 and 503 too much or not now, 5xx no answer, and the 409 of other
# writers at the account. Another 409 stays what it is.
TRANSIENT = {429, 500, 502, 503, 504}
BUSY = "urn:ledgerbell:problem:busy"


def signed(url, body, headers):
    """The headers of a request to API Gateway, by the credentials of the environment."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.session import Session

    region = url.split(".execute-api.")[1].split(".")[0]
    request = AWSRequest(method="POST", url=url, data=body, headers=headers)
    SigV4Auth(Session().get_credentials(), "execute-api", region).add_auth(request)
    return dict(request.headers)


def append(api, account, key, events, tries=8):
    """The recorded events; the same ones, however often it is called with this key."""
    url = f"{api}/v1/accounts/{account}/events"
    body = json.dumps({"events": events}).encode()
    plain = {"Content-Type": "application/json", "Idempotency-Key": key}
    for attempt in range(tries):
        headers = signed(url, body, plain) if ".execute-api." in api else plain
        request = urllib.request.Request(url, body, headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=35) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            problem = json.load(refused)
            transient = refused.code in TRANSIENT or problem.get("type") == BUSY
            if not transient or attempt == tries - 1:
                raise SystemExit(f"{refused.code} {problem.get('title')}: {problem}") from None
        except (urllib.error.URLError, TimeoutError) as lost:
            # It may have been recorded: only the same key may be sent again.
            if attempt == tries - 1:
                raise SystemExit(f"no answer: {lost}") from None
        time.sleep(min(0.1 * 2**attempt, 5))


def main():
    api, account, key, amount, currency = sys.argv[1:]
    # Fixed before the first try, and kept with the key: another body under the same key is refused.
    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    deposit = {"type": "MoneyDeposited", "occurred_at": now, "data": {"amount": amount, "currency": currency}}
    recorded = append(api, account, key, [deposit])
    print(f"{account} is at version {recorded['last_version']}")


if __name__ == "__main__":
    main()
