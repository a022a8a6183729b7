#!/bin/sh
# Ledgerbell's stack in AWS, with nothing but the AWS command line (version 1 or 2): what would fail is found before
# anything is made. See README.md in this folder.
set -eu

usage() {
    cat <<'TEXT'
Usage: ledgerbell-stack.sh COMMAND --stack NAME [OPTION]...

Commands:
  preflight   look for what would fail; changes nothing
  deploy      preflight, then upload the functions and create or update the stack
  package     upload the functions, and write the template that names them, for tools of your own
  status      say what the stack is, and what still waits for a person
  repair      bring what was changed or deleted by hand back to the deployed template; shows it, and asks
  abandon     delete a stack that never held an event, with all that it left; shows what is lost, and asks

Options:
  --stack NAME              name of the stack, with which the names of its resources begin
  --bucket BUCKET           S3 bucket for the functions, in the region of the stack (preflight, deploy, package)
  --parameter NAME=VALUE    parameter of the template; may be repeated
  --arch arm64|x86_64       processor of the functions; arm64 if not given
  --template FILE           template, whose paths to the functions are relative to it; by default that of the processor
  --skip-preflight          deploy without looking first
  --output FILE             where package writes the template

Credentials and region are those of the AWS command line: environment or profile.
Exit codes: 0 done, 1 something would fail or has failed, 2 wrong use.
TEXT
}

wrong() {
    printf '%s\n' "$1" >&2
    printf '%s\n' "See: $0 --help" >&2
    exit 2
}

# ---------------------------------------------------------------- arguments

stack='' bucket='' parameters='' skip_preflight='' stack_rows='' arch=arm64 template='' output=''
newline='
'

[ $# -gt 0 ] || { usage >&2; exit 2; }
case $1 in
    preflight | deploy | package | status | repair | abandon) command=$1 ;;
    -h | --help) usage; exit 0 ;;
    *) wrong "$1 is not a command" ;;
esac
shift
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help) usage; exit 0 ;;
        --skip-preflight)
            skip_preflight=true
            shift
            continue
            ;;
        --stack | --bucket | --parameter | --arch | --template | --output) [ $# -gt 1 ] || wrong "$1 needs a value" ;;
        *) wrong "$1 is not an option" ;;
    esac
    case $1 in
        --stack) stack=$2 ;;
        --bucket) bucket=$2 ;;
        --template) template=$2 ;;
        --output) output=$2 ;;
        --arch)
            case $2 in
                arm64 | x86_64) arch=$2 ;;
                *) wrong "--arch is arm64 or x86_64" ;;
            esac
            ;;
        --parameter)
            case $2 in
                *=*) parameters=$parameters$2$newline ;;
                *) wrong "--parameter is NAME=VALUE" ;;
            esac
            ;;
    esac
    shift 2
done
[ -n "$stack" ] || wrong "--stack is missing"
[ "$command" != package ] || [ -n "$output" ] || wrong "--output is missing"
# A release has a folder with a template and functions for each processor, a checkout one template.
if [ -z "$template" ]; then
    template=$(dirname "$0")/template.yaml
    [ -e "$template" ] || template=$(dirname "$0")/$arch/template.yaml
fi
case $command in
    preflight | deploy | package)
        [ -n "$bucket" ] || wrong "--bucket is missing"
        [ -e "$template" ] || wrong "there is no template $template"
        ;;
esac
parameters=Architecture=$arch$newline$parameters
command -v aws >/dev/null || wrong "the AWS command line is missing: https://aws.amazon.com/cli/"

# The value of a parameter: as given, as the stack has it, or its default in the template.
parameter() {
    value=$(printf '%s' "$parameters" | sed -n "s/^$1=//p" | tail -n 1)
    [ -n "$value" ] || value=$(described Parameter | sed -n "s/^$1	//p")
    printf '%s' "${value:-$2}"
}

region=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}}
[ -n "$region" ] || wrong "no region is set: AWS_REGION, or aws configure"
export AWS_REGION="$region" AWS_DEFAULT_REGION="$region" AWS_PAGER=

# ---------------------------------------------------------------- asking AWS

errors=$(mktemp)
trap 'rm -f "$errors"' EXIT

# Sends a call that reads: its answer is in $answer. If it fails, the code of its error is in $error.
ask() {
    error=
    if answer=$(aws "$@" --output text 2>"$errors"); then
        [ "$answer" != None ] || answer=
        return 0
    fi
    error=$(sed -n 's/.*An error occurred (\([^)]*\)).*/\1/p' "$errors" | head -n 1)
    return 1
}

# The answer, which is a list, in one line.
listed() {
    printf '%s' "$answer" | tr -s '\t\n' ',,'
}

words() {
    printf '%s' "$1" | tr ',' ' '
}

# What is known of the call that failed: $1 is its name.
unreadable() {
    case $error in
        *AccessDenied* | *Forbidden* | *Unauthorized*) warn "you may not call $1, so this is not checked" ;;
        *) warn "$1 does not answer, so this is not checked: $(tail -n 1 "$errors")" ;;
    esac
}

stops=0
finding() {
    printf '%-5s %s\n' "$1" "$2"
    shift 2
    for mend in "$@"; do printf '%s\n' "$mend" | sed 's/^/        /'; done
}
ok() { finding ok "$@"; }
warn() { finding warn "$@"; }
stop() {
    stops=$((stops + 1))
    finding STOP "$@"
}

# ---------------------------------------------------------------- what is checked

check_words() {
    [ ${#stack} -le 44 ] ||
        stop "the name $stack has ${#stack} characters, and 44 fit: names of resources begin with it"
    case $stack in
        [!a-zA-Z]* | *[!a-zA-Z0-9-]*) stop "the name $stack is not a letter, then letters, digits and hyphens" ;;
    esac
    case $region in
        ap-east-1 | ap-east-2 | ap-southeast-4 | ap-southeast-6 | ap-southeast-7 | cn-north-1 | cn-northwest-1 | \
            eu-south-2 | mx-central-1)
            stop "CloudFormation has no SES in $region: choose another region"
            ;;
    esac
    # The command line drops a parameter that the template does not have.
    names=$(sed -n '/^Parameters:/,/^[A-Z][a-zA-Z]*:$/s/^  \([A-Za-z]*\):$/\1/p' "$template" 2>/dev/null || true)
    for name in $(printf '%s' "$parameters" | sed 's/=.*//'); do
        case $newline$names$newline in
            "$newline$newline" | *"$newline$name$newline"*) ;;
            *) stop "the template has no parameter $name" ;;
        esac
    done
    requests=$(parameter RequestsPerAddress 0)
    case $requests in
        [1-9]) stop "RequestsPerAddress is $requests: it is 0, or at least 10" ;;
    esac
    identity=$(parameter MailIdentity '')
    from=$(parameter MailFrom '')
    if [ "$status" = none ] && { [ -z "$identity" ] || [ -z "$from" ]; }; then
        stop "MailIdentity and MailFrom are missing" \
            "--parameter MailIdentity=example.com --parameter MailFrom=alerts@example.com"
    fi
    case $from in
        '' | "$identity" | *@"$identity" | *."$identity") ;;
        *) stop "MailFrom $from does not belong to MailIdentity $identity" ;;
    esac
}

# Sets $status to the stack's, or none, and $stack_rows to what describes it.
look_at_stack() {
    # shellcheck disable=SC2016 # literals of JMESPath
    if ask cloudformation describe-stacks --stack-name "$stack" --query "Stacks[0].[[['Status', StackStatus]],
            Parameters[].['Parameter', ParameterKey, ParameterValue] || "'`[]`'",
            Outputs[].['Output', OutputKey, OutputValue] || "'`[]`'"][]"; then
        stack_rows=$answer
        status=$(described Status)
    elif grep -q 'does not exist' "$errors"; then
        status=none
    else
        status=unknown
        unreadable cloudformation:DescribeStacks
    fi
}

# The rows of this kind: name and value of each parameter or output, or the status.
described() {
    printf '%s\n' "$stack_rows" | sed -n "s/^$1	//p"
}

check_stack() {
    case $status in
        none) ok "there is no stack $stack yet" ;;
        CREATE_FAILED | UPDATE_FAILED) ok "the stack is $status: deploying again goes on where it stopped" ;;
        ROLLBACK_COMPLETE)
            stop "the stack is ROLLBACK_COMPLETE, and takes no update" \
                "aws cloudformation delete-stack --stack-name $stack"
            ;;
        ROLLBACK_FAILED | DELETE_FAILED)
            stop "the stack is $status, and takes no update" "if it never held an event: $0 abandon --stack $stack"
            ;;
        *_IN_PROGRESS)
            [ "$status" = REVIEW_IN_PROGRESS ] ||
                stop "the stack is $status: wait for its end"
            ;;
        unknown) ;;
        *) ok "the stack is $status, and is updated" ;;
    esac
}

# Sets $tables, $queue, $secret and $keys to those that have a name of this stack.
find_named() {
    tables='' queue='' secret='' keys='' wanted=''
    for table in events requests balances customers notifications suppressions replays schedules; do
        wanted="$wanted || @=='$stack-$table'"
    done
    if ask dynamodb list-tables --query "TableNames[?${wanted# || }]"; then
        tables=$(listed)
    else
        unreadable dynamodb:ListTables
    fi
    ! ask sqs get-queue-url --queue-name "$stack-dead-letters" --query QueueUrl || queue=$answer
    ! ask secretsmanager describe-secret --secret-id "$stack-signing-keys" --query Name || secret=$answer
    ! ask kms list-aliases --query "Aliases[?AliasName=='alias/$stack-data' || AliasName=='alias/$stack-secrets'].AliasName" ||
        keys=$(listed)
}

# What an earlier stack of this name left: its names are taken.
check_leftovers() {
    [ "$status" = none ] || return 0
    find_named
    left=${tables:+ tables $tables}${queue:+ queue $stack-dead-letters}${secret:+ secret $secret}${keys:+ keys $keys}
    if [ -n "$left" ]; then
        stop "an earlier stack of this name left:$left" \
            "choose another name, or bring them into the new stack: docs/maintenance/restoring.md" \
            "if it never held an event: $0 abandon --stack $stack"
    else
        ok "no resource has a name of this stack"
    fi
}

check_bucket() {
    if ask s3api head-bucket --bucket "$bucket" --query BucketRegion; then
        # An old command line does not say where it is.
        if [ "${answer:=$region}" = "$region" ]; then
            ok "the bucket $bucket is in $region"
        else
            stop "the bucket $bucket is in $answer, and the stack in $region: Lambda reads zips of its own region" \
                "aws s3 mb s3://ANOTHER-NAME --region $region"
        fi
        return
    fi
    case $error in
        404) stop "there is no bucket $bucket" "aws s3 mb s3://$bucket --region $region" ;;
        *) stop "the bucket $bucket is another account's, or you may not read it" "aws s3 mb s3://ANOTHER-NAME --region $region" ;;
    esac
}

check_access_log() {
    [ "$(parameter ApiAccessLog true)" = true ] || return 0
    if ! ask apigateway get-account --query cloudwatchRoleArn; then
        unreadable apigateway:GET
    elif [ -n "$answer" ]; then
        ok "API Gateway may write logs"
    else
        stop "API Gateway has no role for logs in this account and region, which the access log needs" \
            "aws iam create-role --role-name api-gateway-logs --assume-role-policy-document '{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"apigateway.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}]}'" \
            "aws iam attach-role-policy --role-name api-gateway-logs --policy-arn arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs" \
            "aws apigateway update-account --patch-operations op=replace,path=/cloudwatchRoleArn,value=arn:aws:iam::$account:role/api-gateway-logs" \
            "or: --parameter ApiAccessLog=false"
    fi
}

check_concurrency() {
    wanted=$(parameter NotifyConcurrency 0)
    [ "$wanted" != 0 ] && [ "$status" = none ] || return 0
    if ! ask lambda get-account-settings --query AccountLimit.UnreservedConcurrentExecutions; then
        unreadable lambda:GetAccountSettings
    elif [ $((answer - wanted)) -ge 100 ]; then
        ok "$answer concurrent executions are not reserved, of which notify takes $wanted"
    else
        stop "NotifyConcurrency is $wanted, and $answer concurrent executions are not reserved, of which 100 must stay" \
            "--parameter NotifyConcurrency=0" \
            "or: aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1000"
    fi
}

check_identity() {
    [ -n "$identity" ] || return 0
    creates=$(parameter CreateMailIdentity true)
    # shellcheck disable=SC2016 # literals of JMESPath
    if ask sesv2 get-email-identity --email-identity "$identity" \
        --query '[VerifiedForSendingStatus, join(`,`, DkimAttributes.Tokens || `[]`)]'; then
        verified=$(printf '%s' "$answer" | cut -f 1)
        tokens=$(printf '%s' "$answer" | cut -f 2)
        if [ "$status" = none ] && [ "$creates" = true ]; then
            stop "SES has the identity $identity already" "--parameter CreateMailIdentity=false"
        fi
        if [ "$verified" = True ]; then
            ok "SES has verified $identity"
        else
            warn "SES has not verified $identity yet: mails wait until it has" "$(records "$tokens")"
        fi
    elif [ "$error" != NotFoundException ]; then
        unreadable ses:GetEmailIdentity
    elif [ "$creates" = true ]; then
        [ "$command" = status ] ||
            ok "SES gets the identity $identity, and mails wait until it is verified: the outputs have the DNS records"
    else
        stop "SES does not have the identity $identity" "--parameter CreateMailIdentity=true"
    fi
}

# The DNS records of an identity that is a domain; an address gets a mail with a link.
records() {
    case $identity in
        *@*) printf '%s' "follow the link in the mail to $identity" ;;
        *)
            printf '%s' "$1" | tr ',' '\n' | while read -r token || [ -n "$token" ]; do
                printf '%s._domainkey.%s CNAME %s.dkim.amazonses.com\n' "$token" "$identity" "$token"
            done
            ;;
    esac
}

check_sending() {
    if ! ask sesv2 get-account \
        --query '[ProductionAccessEnabled, SendingEnabled, EnforcementStatus, SendQuota.Max24HourSend, SendQuota.MaxSendRate]'; then
        unreadable ses:GetAccount
        return
    fi
    production=$(printf '%s' "$answer" | cut -f 1)
    enabled=$(printf '%s' "$answer" | cut -f 2)
    standing=$(printf '%s' "$answer" | cut -f 3)
    quota=$(printf '%s' "$answer" | cut -f 4)
    rate=$(printf '%s' "$answer" | cut -f 5)
    limits="${quota%.0} mails a day, ${rate%.0} a second"
    if [ "$enabled" != True ]; then
        warn "sending is switched off for this account: mails wait" "aws sesv2 put-account-sending-attributes --sending-enabled"
    elif [ "$standing" != HEALTHY ] && [ -n "$standing" ]; then
        warn "SES has this account under review ($standing): answer the case in the Support Center"
    fi
    if [ "$production" = True ]; then
        ok "SES sends to everybody: $limits"
    else
        warn "SES is in its sandbox: $limits, to verified recipients only; mails to others wait" \
            "aws sesv2 put-account-details --production-access-enabled --mail-type TRANSACTIONAL --website-url https://YOUR-BANK"
    fi
}

check_topic() {
    topic=$(parameter AlarmTopic '')
    [ -n "$topic" ] || {
        warn "AlarmTopic is empty: alarms are seen in CloudWatch only" "--parameter AlarmTopic=ARN"
        return 0
    }
    if ask sns get-topic-attributes --topic-arn "$topic" \
        --query 'Attributes.[SubscriptionsConfirmed, SubscriptionsPending]'; then
        case $answer in
            0"	"*) warn "nobody is subscribed to $topic" "aws sns subscribe --topic-arn $topic --protocol email --notification-endpoint ADDRESS" ;;
            *) ok "alarms go to $topic" ;;
        esac
    else
        case $error in
            NotFound | NotFoundException | InvalidParameter) stop "there is no topic $topic" "aws sns create-topic --name NAME" ;;
            *) unreadable sns:GetTopicAttributes ;;
        esac
    fi
}

# What a first deployment calls, as far as a policy can forget it.
ACTIONS="cloudformation:CreateChangeSet dynamodb:CreateTable dynamodb:PutResourcePolicy dynamodb:UpdateContinuousBackups
dynamodb:UpdateTimeToLive kms:CreateKey kms:CreateAlias kms:PutKeyPolicy kms:EnableKeyRotation kms:CreateGrant
lambda:CreateFunction lambda:CreateEventSourceMapping lambda:PutFunctionConcurrency iam:CreateRole iam:PutRolePolicy
iam:CreatePolicy iam:PassRole events:CreateEventBus events:PutRule events:CreateArchive scheduler:CreateSchedule
sqs:CreateQueue secretsmanager:CreateSecret ses:CreateEmailIdentity ses:CreateConfigurationSet s3:CreateBucket
s3:PutObject apigateway:POST logs:CreateLogGroup cloudwatch:PutMetricAlarm cloudwatch:PutDashboard"

check_rights() {
    case $caller in
        *:assumed-role/*) principal=$(printf '%s' "$caller" | sed 's/:sts:/:iam:/; s,:assumed-role/\([^/]*\)/.*,:role/\1,') ;;
        *:user/*) principal=$caller ;;
        *) return 0 ;;
    esac
    # shellcheck disable=SC2086 # a list of words
    if ! ask iam simulate-principal-policy --policy-source-arn "$principal" --action-names $ACTIONS \
        --query "EvaluationResults[?EvalDecision!='allowed'].EvalActionName"; then
        unreadable iam:SimulatePrincipalPolicy
    elif [ -n "$answer" ]; then
        warn "by its policies, $principal may not: $(listed)"
    else
        ok "your policies allow what a deployment calls"
    fi
}

# ---------------------------------------------------------------- commands

who() {
    ask sts get-caller-identity --query '[Account, Arn]' || {
        cat "$errors" >&2
        printf '%s\n' "AWS does not know who calls: set credentials first, for example with aws configure." >&2
        exit 1
    }
    account=$(printf '%s' "$answer" | cut -f 1)
    caller=$(printf '%s' "$answer" | cut -f 2)
    printf '%s\n' "Account $account, region $region, stack $stack, as $caller"
}

preflight() {
    who
    look_at_stack
    check_words
    check_stack
    check_leftovers
    check_bucket
    check_access_log
    check_concurrency
    check_identity
    check_sending
    check_topic
    check_rights
    if [ "$stops" -gt 0 ]; then
        printf '%s\n' "Nothing was made: $stops of these would stop the deployment."
        exit 1
    fi
    printf '%s\n' "Nothing stops the deployment."
}

# Runs the command line without its progress in percent, of which logs get thousands.
quietly() {
    aws "$@" 2>"$errors" || {
        tail -n 1 "$errors" >&2
        return 1
    }
}

package() {
    quietly cloudformation package --template-file "$template" --s3-bucket "$bucket" --s3-prefix "$stack" \
        --output-template-file "$output" >/dev/null
}

deploy() {
    if [ -n "$skip_preflight" ]; then look_at_stack; else preflight; fi
    # What a first deployment made stays when it fails, so that deploying again goes on; a later one is rolled back.
    case $status in
        none | REVIEW_IN_PROGRESS | CREATE_FAILED | UPDATE_FAILED) rollback=--disable-rollback ;;
        *) rollback=--no-disable-rollback ;;
    esac
    output=$(mktemp)
    trap 'rm -f "$errors" "$output"' EXIT
    package
    set -- cloudformation deploy --stack-name "$stack" --template-file "$output" --s3-bucket "$bucket" \
        --s3-prefix "$stack" --no-fail-on-empty-changeset $rollback \
        --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND --parameter-overrides
    while IFS= read -r one; do
        [ -z "$one" ] || set -- "$@" "$one"
    done <<TEXT
$parameters
TEXT
    quietly "$@" || {
        printf '%s\n' "The deployment has failed. What failed first:" >&2
        aws cloudformation describe-stack-events --stack-name "$stack" --output text \
            --query "reverse(StackEvents[?contains(ResourceStatus, 'FAILED')].[LogicalResourceId, ResourceStatusReason])" |
            head -n 5 >&2
        printf '%s\n' "Deploying again goes on from here." >&2
        exit 1
    }
    status
}

status() {
    [ "$command" = deploy ] || who
    look_at_stack
    case $status in
        none)
            printf '%s\n' "There is no stack $stack in $region." >&2
            exit 1
            ;;
        unknown) exit 1 ;;
    esac
    printf '%s\n' "The stack is $status."
    described Output | sort | while IFS='	' read -r name value; do
        printf '  %-26s %s\n' "$name" "$value"
    done
    identity=$(parameter MailIdentity '')
    printf '%s\n' "What waits for you:"
    check_identity
    check_sending
}

confirm() {
    printf '%s ' "$1"
    read -r reply || reply=
    [ "$reply" = "$2" ] || {
        printf '\n%s\n' "Nothing was changed."
        exit 1
    }
}

repair() {
    who
    look_at_stack
    case $status in
        *_COMPLETE) ;;
        unknown) exit 1 ;;
        *)
            printf '%s\n' "The stack is $status: only one that was deployed to its end can be repaired." >&2
            exit 1
            ;;
    esac
    previous=$(described Parameter | sed 's/^\([^	]*\).*/ParameterKey=\1,UsePreviousValue=true/')
    set=repair-$(date -u +%Y%m%d%H%M%S)
    # shellcheck disable=SC2086 # a list of words
    ask cloudformation create-change-set --stack-name "$stack" --change-set-name "$set" --deployment-mode REVERT_DRIFT \
        --use-previous-template --parameters $previous --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND --query Id || {
        cat "$errors" >&2
        printf '%s\n' "Nothing was changed. What to do instead: \"Repairing\" in docs/maintenance/deploying.md." >&2
        exit 1
    }
    if ! aws cloudformation wait change-set-create-complete --stack-name "$stack" --change-set-name "$set" 2>"$errors"; then
        ask cloudformation describe-change-set --stack-name "$stack" --change-set-name "$set" --query StatusReason || true
        reason=$answer
        ask cloudformation delete-change-set --stack-name "$stack" --change-set-name "$set" || true
        case $reason in
            *"didn't contain changes"* | *"No updates"*)
                printf '%s\n' "Everything is as the template has it."
                return
                ;;
        esac
        printf '%s\n' "CloudFormation cannot compare: $reason" \
            "Nothing was changed. What to do instead: \"Repairing\" in docs/maintenance/deploying.md." >&2
        exit 1
    fi
    ask cloudformation describe-change-set --stack-name "$stack" --change-set-name "$set" \
        --query 'Changes[].ResourceChange.[Action, ResourceType, LogicalResourceId, Replacement]'
    printf '%s\n' "$answer" | while IFS='	' read -r action type name _; do
        printf '  %-7s %s (%s)\n' "$action" "$name" "$type"
    done
    if printf '%s\n' "$answer" | grep -q '	True$'; then
        ask cloudformation delete-change-set --stack-name "$stack" --change-set-name "$set" || true
        printf '%s\n' "This would replace a resource, and what it holds would be lost: nothing was changed." >&2
        exit 1
    fi
    confirm "Bring these back to the template? (yes)" yes
    aws cloudformation execute-change-set --stack-name "$stack" --change-set-name "$set"
    aws cloudformation wait stack-update-complete --stack-name "$stack"
    status
}

# Whether a table holds anything. What cannot be read counts as held.
holds() {
    ! ask dynamodb scan --table-name "$1" --select COUNT --limit 1 --no-paginate --query Count || [ "$answer" != 0 ]
}

# The names of the stack's resources of a type.
resources() {
    ask cloudformation list-stack-resources --stack-name "$stack" \
        --query "StackResourceSummaries[?ResourceType=='$1' && ResourceStatus!='DELETE_COMPLETE'].PhysicalResourceId" || answer=
    printf '%s' "$answer"
}

abandon() {
    who
    look_at_stack
    case $status in
        unknown) exit 1 ;;
        *_IN_PROGRESS)
            printf '%s\n' "The stack is $status: wait for its end." >&2
            exit 1
            ;;
    esac
    find_named
    buckets='' key_ids=''
    if [ "$status" != none ]; then
        buckets=$(resources AWS::S3::Bucket)
        key_ids=$(resources AWS::KMS::Key)
    fi
    if [ "$status" = none ] && [ -z "$tables$queue$secret$keys" ]; then
        printf '%s\n' "There is nothing called $stack in $region."
        return
    fi
    # Their aliases may go with the stack.
    for alias in $(words "$keys"); do
        ! ask kms describe-key --key-id "$alias" --query KeyMetadata.KeyId || key_ids="$key_ids $answer"
    done
    # shellcheck disable=SC2086 # a list of words
    key_ids=$(printf '%s\n' $key_ids | sort -u)
    case ,$tables, in
        *,"$stack-events",*)
            if holds "$stack-events"; then
                printf '%s\n' "The table $stack-events holds events, or cannot be read: their history is not deleted." \
                    "To stop the stack and keep it, see docs/maintenance/restoring.md." >&2
                exit 1
            fi
            ;;
    esac
    printf '%s\n' "These would be deleted for good:"
    [ "$status" = none ] || printf '  stack   %s (%s)\n' "$stack" "$status"
    for table in $(words "$tables"); do
        if holds "$table"; then held="which is not empty"; else held="empty"; fi
        printf '  table   %s, %s\n' "$table" "$held"
    done
    if [ -n "$queue" ]; then
        ask sqs get-queue-attributes --queue-url "$queue" --attribute-names ApproximateNumberOfMessages \
            --query Attributes.ApproximateNumberOfMessages || answer="an unknown number of"
        printf '  queue   %s, with %s letters\n' "$stack-dead-letters" "${answer:-0}"
    fi
    [ -z "$secret" ] || printf '  secret  %s: links in mails that were sent end\n' "$secret"
    for name in $buckets; do printf '  bucket  %s, if it is empty\n' "$name"; done
    for key in $key_ids; do printf '  key     %s, in 7 days\n' "$key"; done
    confirm "To delete them, type the name of the stack:" "$stack"

    # A protected table cannot be deleted, by CloudFormation neither.
    for table in $(words "$tables"); do
        aws dynamodb update-table --table-name "$table" --no-deletion-protection-enabled --query TableDescription.TableName --output text >/dev/null
    done
    if [ "$status" != none ]; then
        aws cloudformation delete-stack --stack-name "$stack"
        aws cloudformation wait stack-delete-complete --stack-name "$stack"
    fi
    # What the stack has retained.
    find_named
    for table in $(words "$tables"); do
        aws dynamodb delete-table --table-name "$table" --query TableDescription.TableName --output text >/dev/null
    done
    [ -z "$queue" ] || aws sqs delete-queue --queue-url "$queue"
    [ -z "$secret" ] || aws secretsmanager delete-secret --secret-id "$secret" --force-delete-without-recovery --query Name --output text >/dev/null
    for name in $buckets; do
        ask s3api delete-bucket --bucket "$name" || [ "$error" = NoSuchBucket ] || warn "the bucket $name stays: $(tail -n 1 "$errors")"
    done
    for alias in $(words "$keys"); do aws kms delete-alias --alias-name "$alias"; done
    for key in $key_ids; do
        ask kms schedule-key-deletion --key-id "$key" --pending-window-in-days 7 --query KeyId ||
            warn "the key $key stays: $(tail -n 1 "$errors")"
    done
    printf '%s\n' "Nothing called $stack is left, but an identity in SES, which other senders may use."
}

"$command"
