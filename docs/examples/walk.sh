#!/usr/bin/env bash
# A walk through a stack on a local AWS: a bank posts, others are refused, a mail fails and is redriven, the key is
# rotated, a customer is erased. docs/tutorial/walk.md shows its output.
#
#     walk.sh ENDPOINT STACK          such as: walk.sh http://127.0.0.1:33967 ledgerbell
set -euo pipefail
endpoint=$1 stack=$2
export AWS_ENDPOINT_URL=$endpoint AWS_DEFAULT_REGION=eu-west-1
export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local # the root of the local AWS, which may do everything

output() { aws cloudformation describe-stacks --stack-name "$stack" --output text --query "Stacks[0].Outputs[?OutputKey=='$1'].OutputValue"; }
api=$endpoint/restapis/$(output ApiId)/v1/_user_request_
run=$$ # so that it can be walked again

# A user with a policy of the stack; a bank also has a tag that says how its accounts' ids begin.
caller() { # NAME POLICY_ARN [ACCOUNTS]
    aws iam create-user --user-name "$1-$run" ${3:+--tags "Key=ledgerbell-accounts,Value=$3"} > /dev/null
    aws iam attach-user-policy --user-name "$1-$run" --policy-arn "$2"
    aws iam create-access-key --user-name "$1-$run" --output text --query 'AccessKey.[AccessKeyId,SecretAccessKey]' | tr '\t' :
}
as() { # CALLER METHOD PATH [CURL'S ARGUMENTS]; prints the status
    local caller=$1 method=$2 path=$3
    shift 3
    curl --silent --output /dev/null --write-out '%{http_code}' --aws-sigv4 aws:amz:eu-west-1:execute-api --user "$caller" \
        --request "$method" --header 'Content-Type: application/json' "$@" "$api$path"
}
read_as() { # CALLER PATH; prints the answer
    curl --silent --aws-sigv4 aws:amz:eu-west-1:execute-api --user "$1" "$api$2"
}
json() { python3 -c "import json, sys; it = json.load(sys.stdin); print($1)"; }
until_is() { # WANTED COMMAND...: asks again for half a minute
    local wanted=$1 found=
    shift
    for _ in $(seq 30); do
        found=$("$@")
        [ "$found" = "$wanted" ] && break
        sleep 1
    done
    echo "$found"
}

bank=$(caller bank "$(output BankPolicyArn)" "WALK$run-")
analyst=$(caller analyst "$(output AnalystPolicyArn)")
operator=$(caller operator "$(output OperatorPolicyArn)")
account=WALK$run-1 customer=walk-$run

post() { # CALLER ACCOUNT KEY TYPE DATA
    as "$1" POST "/accounts/$2/events" --header "Idempotency-Key: $3" \
        --data "{\"events\": [{\"type\": \"$4\", \"occurred_at\": \"2026-11-22T10:00:00Z\", \"data\": $5}]}"
}
deposit='{"amount": "125.50", "currency": "EUR", "reference": "salary"}'
opening="{\"customer_id\": \"$customer\", \"currency\": \"EUR\"}"
states() { read_as "$operator" "/accounts/$account/notifications" | json '[n["state"] for n in it["notifications"]]'; }
letters() { read_as "$operator" /dead-letters | json 'len([l for l in it["dead_letters"] if l.get("account_id") == "'"$account"'"])'; }

echo "customer            $(as "$operator" PUT "/customers/$customer" --data \
    '{"email": "ana@example.com", "name": "Ana Lind", "locale": "en", "time_zone": "Europe/Paris", "preferences": {}}')"
echo "account opened      $(post "$bank" "$account" open-1 AccountOpened "$opening")"
echo "deposit             $(post "$bank" "$account" salary-1 MoneyDeposited "$deposit")"
echo "the same again      $(post "$bank" "$account" salary-1 MoneyDeposited "$deposit")"
echo "mail states         $(until_is "['SENT']" states)"

echo "another's account   $(post "$bank" OTHER-1 open-1 AccountOpened "$opening")"
echo "by the analyst      $(post "$analyst" "$account" salary-2 MoneyDeposited "$deposit")"
echo "customer, by bank   $(as "$bank" GET "/customers/$customer")"
echo "all events, by bank $(as "$bank" GET /events)"

# Somebody revokes the permission to send mails.
role=$(aws cloudformation describe-stack-resource --stack-name "$stack" --logical-resource-id NotifyRole \
    --output text --query StackResourceDetail.PhysicalResourceId)
aws iam put-role-policy --role-name "$role" --policy-name taken-away --policy-document \
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "ses:SendEmail", "Resource": "*"}]}'
echo "deposit             $(post "$bank" "$account" salary-3 MoneyDeposited "$deposit")"
echo "dead letters        $(until_is 1 letters)"
# The local SQS reports no queue depths, so we do; in AWS the alarm goes off by itself.
alarm() { aws cloudwatch describe-alarms --alarm-names "$stack-dead-letters" --output text --query 'MetricAlarms[0].StateValue'; }
put_depth() {
    aws cloudwatch put-metric-data --namespace AWS/SQS --metric-name ApproximateNumberOfMessagesVisible \
        --dimensions "QueueName=$stack-dead-letters" --value "$(letters)"
}
put_depth
echo "alarm               $(alarm)"
aws iam delete-role-policy --role-name "$role" --policy-name taken-away

ids=$(read_as "$operator" /dead-letters | json '"[" + ", ".join("\"" + l["id"] + "\"" for l in it["dead_letters"] if l.get("account_id") == "'"$account"'") + "]"')
echo "redrive, by bank    $(as "$bank" POST /dead-letters/redrive --data "{\"ids\": $ids}")"
sleep 35 # a postponed mail is not tried before its time, half a minute later
echo "redrive             $(as "$operator" POST /dead-letters/redrive --data "{\"ids\": $ids}")"
echo "mail states         $(until_is "['SENT', 'SENT']" states)"
echo "dead letters        $(until_is 0 letters)"

current() { aws secretsmanager describe-secret --secret-id "$stack-signing-keys" --output json | json '[v for v, s in it["VersionIdsToStages"].items() if "AWSCURRENT" in s][0]'; }
before=$(current)
aws secretsmanager rotate-secret --secret-id "$stack-signing-keys" --rotation-rules AutomaticallyAfterDays=90 --rotation-lambda-arn \
    "$(aws lambda get-function --function-name "$stack-rotate" --output text --query Configuration.FunctionArn)" > /dev/null
changed() { [ "$(current)" != "$before" ] && echo yes || echo no; }
echo "key changed         $(until_is yes changed)"
echo "deposit             $(post "$bank" "$account" salary-4 MoneyDeposited "$deposit")"
echo "mail states         $(until_is "['SENT', 'SENT', 'SENT']" states)"

echo "erased, by bank     $(as "$bank" DELETE "/customers/$customer")"
echo "erased              $(as "$operator" DELETE "/customers/$customer")"
echo "customer            $(as "$operator" GET "/customers/$customer")"
echo "deposit             $(post "$bank" "$account" salary-5 MoneyDeposited "$deposit")"
echo "mail states         $(until_is "['SKIPPED', 'SENT', 'SENT', 'SENT']" states)"
echo "history valid       $(read_as "$analyst" "/accounts/$account/verification" | json 'it["valid"], it["balance"]')"
